package main

import (
	"encoding/json"
	"errors"
	"log"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
	"golang.org/x/mod/sumdb/tlog"
)

// functions are what can be asked, by the name of the function whose answer is given.
var functions = map[string]func(in []string) any{
	"module.CheckPath":       func(in []string) any { return reason(module.CheckPath(in[0])) },
	"module.CheckImportPath": func(in []string) any { return reason(module.CheckImportPath(in[0])) },
	"module.CheckFilePath":   func(in []string) any { return reason(module.CheckFilePath(in[0])) },
	"module.Check":           func(in []string) any { return reason(module.Check(in[0], in[1])) },
	"module.SplitPathVersion": func(in []string) any {
		prefix, pathMajor, ok := module.SplitPathVersion(in[0])
		if !ok {
			return nil
		}
		return []string{prefix, pathMajor}
	},
	"module.CanonicalVersion": func(in []string) any { return module.CanonicalVersion(in[0]) },
	"module.EscapePath":       func(in []string) any { return orNil(module.EscapePath(in[0])) },
	"module.UnescapePath":     func(in []string) any { return orNil(module.UnescapePath(in[0])) },
	"module.EscapeVersion":    func(in []string) any { return orNil(module.EscapeVersion(in[0])) },
	"module.UnescapeVersion":  func(in []string) any { return orNil(module.UnescapeVersion(in[0])) },
	"module.IsPseudoVersion":  func(in []string) any { return module.IsPseudoVersion(in[0]) },
	"module.MatchPrefixPatterns": func(in []string) any {
		return module.MatchPrefixPatterns(in[0], in[1])
	},
	"path.Match": func(in []string) any {
		matched, err := path.Match(in[0], in[1])
		return matched && err == nil
	},
	"semver.IsValid":     func(in []string) any { return semver.IsValid(in[0]) },
	"semver.Canonical":   func(in []string) any { return semver.Canonical(in[0]) },
	"semver.Major":       func(in []string) any { return semver.Major(in[0]) },
	"semver.Prerelease":  func(in []string) any { return semver.Prerelease(in[0]) },
	"semver.Build":       func(in []string) any { return semver.Build(in[0]) },
	"semver.Compare":     func(in []string) any { return semver.Compare(in[0], in[1]) },
	"modfile.AutoQuote":  func(in []string) any { return modfile.AutoQuote(in[0]) },
	"tlog.ParseTilePath": func(in []string) any { return isServedTile(in[0]) },
	"sumdb.lookup":       func(in []string) any { return isLookup(in[0]) },
	"list":               func(in []string) any { return filterList(in[0], in[1]) },
	"info":               func(in []string) any { return infoVersion(in[0]) },
	"request":            func(in []string) any { return request(in[0]) },
}

// judge gives a case its output.
func judge(function string, input ...string) Case {
	f, ok := functions[function]
	if !ok {
		log.Fatalf("unknown function %q", function)
	}
	return Case{function, input, f(input)}
}

// reason is the innermost error without the names of what was checked; nil without an error.
func reason(err error) any {
	if err == nil {
		return nil
	}
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err.Error()
}

func orNil(s string, err error) any {
	if err != nil {
		return nil
	}
	return s
}

// isServedTile tells whether p is the path of a tile of the height that checksum databases serve.
func isServedTile(p string) bool {
	tile, err := tlog.ParseTilePath(p)
	return err == nil && tile.H == 8
}

// modVerRE is x/mod/sumdb's own, which it does not export.
var modVerRE = regexp.MustCompile(`^[^@]+@v[0-9]+\.[0-9]+\.[0-9]+(-[^@]*)?(\+incompatible)?$`)

// isLookup tells whether sumdb.Server looks up what follows "/lookup/".
func isLookup(target string) bool {
	if !modVerRE.MatchString(target) {
		return false
	}
	escapedPath, escapedVersion, _ := strings.Cut(target, "@")
	_, pathErr := module.UnescapePath(escapedPath)
	_, versionErr := module.UnescapeVersion(escapedVersion)
	return pathErr == nil && versionErr == nil
}

// filterList reads a list as the go command does and keeps what a proxy should list.
func filterList(path, text string) []string {
	versions := []string{}
	for line := range strings.SplitSeq(text, "\n") {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		v := fields[0]
		if module.CanonicalVersion(v) == v && module.Check(path, v) == nil && !module.IsPseudoVersion(v) && mayBeIncompatible(path, v) {
			versions = append(versions, v)
		}
	}
	semver.Sort(versions)
	return slices.Compact(versions)
}

// mayBeIncompatible tells whether a repository may have a version as far as +incompatible goes: it is for major versions
// from 2 on of a path without one (cmd/go's modfetch/coderepo.go; module.Check takes it anywhere).
func mayBeIncompatible(path, v string) bool {
	if semver.Build(v) != "+incompatible" {
		return true
	}
	_, pathMajor, _ := module.SplitPathVersion(path)
	return pathMajor == "" && semver.Major(v) != "v0" && semver.Major(v) != "v1"
}

// infoVersion is the version that the go command reads from a proxy's .info (cmd/go's modfetch.RevInfo).
func infoVersion(text string) any {
	var info struct {
		Version string
		Time    time.Time
		Origin  *struct{ VCS, URL, Subdir, Hash, TagPrefix, TagSum, Ref, RepoSum string }
	}
	if err := json.Unmarshal([]byte(text), &info); err != nil || info.Version == "" {
		return nil
	}
	return info.Version
}
