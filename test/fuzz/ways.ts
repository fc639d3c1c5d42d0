import { answers as ruleAnswers } from '../../libs/protocol/test/answers.js';
import { readLawfully } from './invariants.js';

/** One way to take a text: which functions are asked, and with what input. */
export interface Way {
  readonly functions: readonly string[];
  readonly input: (text: string) => readonly string[];
  /** Tells from the outputs whether the text is one that the way is made for. */
  readonly accepts: (outputs: readonly unknown[]) => boolean;
}

export type WayName = 'path' | 'version' | 'pair' | 'request';

const whole = (text: string) => [text];
const isFirstNull = ([first]: readonly unknown[]) => first === null;

/** Every text can be asked in every way; a pair is what is before and after the first `@`. */
export const WAYS: Readonly<Record<WayName, Way>> = {
  path: {
    functions: [
      'module.CheckPath',
      'module.CheckImportPath',
      'module.CheckFilePath',
      'module.SplitPathVersion',
      'module.EscapePath',
      'module.UnescapePath',
      'modfile.AutoQuote',
    ],
    input: whole,
    accepts: isFirstNull,
  },
  version: {
    functions: [
      'semver.IsValid',
      'semver.Canonical',
      'semver.Major',
      'semver.Prerelease',
      'semver.Build',
      'module.CanonicalVersion',
      'module.IsPseudoVersion',
      'module.EscapeVersion',
      'module.UnescapeVersion',
    ],
    input: whole,
    accepts: ([isSemver]) => isSemver === true,
  },
  pair: {
    functions: ['module.Check', 'semver.Compare', 'module.MatchPrefixPatterns', 'path.Match'],
    input: (text) => {
      const [first = '', ...rest] = text.split('@');
      return [first, rest.join('@')];
    },
    accepts: isFirstNull,
  },
  request: { functions: ['request'], input: whole, accepts: ([read]) => read !== null },
};

const answers = { ...ruleAnswers, request: ([target = '']: readonly string[]) => readLawfully(target) };

/** Our outputs for an input, in the order of the functions; what is thrown is an output that no judge gives. */
export function answer(functions: readonly string[], input: readonly string[]): unknown[] {
  return functions.map((name) => {
    try {
      return answers[name as keyof typeof answers](input);
    } catch (error) {
      return { thrown: String(error) };
    }
  });
}
