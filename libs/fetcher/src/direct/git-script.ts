/** Bytes: the files of an archive that is stored. The go command has the whole archive in memory. */
const STORED_UP_TO = 64 * 1024 * 1024;

/**
 * The `git` that the go command finds first on its PATH, a shell script: git itself, the next one on the PATH, but
 * archives of few bytes are stored and not compressed. Go unpacks an archive as soon as it has it
 * (cmd/go/internal/modfetch/codehost, gitRepo.ReadZip), and git has no setting for the level. Of making a version of
 * 16 MB that is a third. Whatever go asks otherwise, and files whose sizes nobody tells, are left to git as they are.
 */
export const GIT_SCRIPT = `#!/bin/sh
PATH=\${PATH#*:}
export PATH
case $* in
'-c core.autocrlf=input -c core.eol=lf archive --format=zip --prefix=prefix/ '*) ;;
*) exec git "$@" ;;
esac
shift 7
bytes=$(git ls-tree -r -l "$@" 2>/dev/null | awk '{ sum += $4 } END { if (NR) printf "%.0f", sum }' 2>/dev/null)
level=-6
[ "\${bytes:-${STORED_UP_TO + 1}}" -le ${STORED_UP_TO} ] && level=-0
exec git -c core.autocrlf=input -c core.eol=lf archive --format=zip --prefix=prefix/ "$level" "$@"
`;
