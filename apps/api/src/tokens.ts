/** Injection token of STOA_BASE_PATH. */
export const BASE_PATH = Symbol('BASE_PATH');
