import { describeShare } from './conformance/suites.js';

await describeShare(3);
