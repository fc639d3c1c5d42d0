/** Bytes: the files of an archive that is stored. The go command has the whole archive in memory. */
const STORED_UP_TO = 64 * 1024 * 1024;

/**
 * The `git` that the go command finds first on its PATH, a shell script: git itself, the next one on the PATH, but for
 * two things. Whatever go asks otherwise is left to git as it is.
 *
 * Go believes the tags that a kept repository has, whatever their host has made of them since: of a version
 * (cmd/go/internal/modfetch/codehost, gitRepo.stat), and of what comes before a pseudo-version (RecentTag). So go is told
 * of no tag here, which has it ask the host each time; and once the host has answered, the repository has the host's tags
 * of all commits that are in it, and no other. What another command fetches meanwhile stays: only what was there before
 * the question is removed. The folder is named: of one that is no repository, git would take the one around.
 *
 * Archives of few bytes are stored and not compressed: go unpacks an archive as soon as it has it (gitRepo.ReadZip), and
 * git has no setting for the level. Of making a version of 16 MB that is a third. Files whose sizes nobody tells are
 * left to git.
 */
export const GIT_SCRIPT = `#!/bin/sh
PATH=\${PATH#*:}
export PATH
case $* in
'tag -l') exit 0 ;;
'ls-remote -q --end-of-options origin' | 'ls-remote -q origin')
  known=$(git --git-dir=. for-each-ref --format='%(objectname) %(refname)' refs/tags 2>/dev/null)
  refs=$(git "$@") || exit
  printf '%s\\n' "$refs"
  printf '%s\\n' "$known" "$refs" | awk '
    /\\t/ && $2 ~ /^refs\\/tags\\// { if (sub(/\\^\\{\\}$/, "", $2)) commit[$2] = $1; else own[$2] = commit[$2] = $1; next }
    !/\\t/ && NF { had[$2] = $1 }
    END {
      update = "git --git-dir=. update-ref --stdin 2>/dev/null"
      for (tag in had) {
        if (tag in own && (had[tag] == own[tag] || had[tag] == commit[tag])) right[tag]
        else print "delete " tag " " had[tag] | update
      }
      close(update)
      for (tag in own) if (!(tag in right)) print commit[tag] " " tag
    }' 2>/dev/null |
    git --git-dir=. cat-file --batch-check='%(objectname) %(objecttype) %(rest)' 2>/dev/null |
    awk '$2 == "commit" { print "create " $3 " " $1 }' 2>/dev/null |
    git --git-dir=. update-ref --stdin 2>/dev/null
  exit 0
  ;;
'-c core.autocrlf=input -c core.eol=lf archive --format=zip --prefix=prefix/ '*) ;;
*) exec git "$@" ;;
esac
shift 7
bytes=$(git ls-tree -r -l "$@" 2>/dev/null | awk '{ sum += $4 } END { if (NR) printf "%.0f", sum }' 2>/dev/null)
level=-6
[ "\${bytes:-${STORED_UP_TO + 1}}" -le ${STORED_UP_TO} ] && level=-0
exec git -c core.autocrlf=input -c core.eol=lf archive --format=zip --prefix=prefix/ "$level" "$@"
`;
