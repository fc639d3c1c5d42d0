/** Largest module zip, and largest sum of the sizes of its files, in bytes (x/mod zip.MaxZipFile). */
export const MAX_ZIP_FILE = 500 << 20;

/** Largest go.mod of a module's root, in bytes (x/mod zip.MaxGoMod). */
export const MAX_GO_MOD = 16 << 20;

/** Largest LICENSE of a module's root, in bytes (x/mod zip.MaxLICENSE). */
export const MAX_LICENSE = 16 << 20;

/** Largest central directory, in bytes: it is held in memory. A rule of Stoa; real ones stay under 10 MiB. */
export const MAX_CENTRAL_DIRECTORY = 64 << 20;

/** Most files and folders of one zip. A rule of Stoa: it bounds time and memory of a check. */
export const MAX_PATHS = 1 << 18;
