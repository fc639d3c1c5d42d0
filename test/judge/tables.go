package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
)

// generated is how many made-up inputs join the picked ones of a kind.
const generated = 100

var (
	pathParts    = []string{"example.com", "gopkg.in", "a.b", "X.y", "/", "/", "/", "//", "v2", "/v1", ".v3", "-unstable", "Azure", "!a", "!", ".", "..", "-", "~1", "~", "con", "aux.", "_", "+", "é", " ", "@", "%", "\x1f", "0", "z"}
	versionParts = []string{"v", "v1", "v2.0.0", "0", "1", "10", ".", ".0", "-", "-rc.1", "-0.", "20190410190852", "-0123456789ab", "+", "+incompatible", "+meta", "a", "RC", "!r", "!", "01", "/", " ", "é", "~", ";"}
	globParts    = []string{"a", "b", "a.b", "*", "*", "?", "[", "]", "[a", "-z]", "[^", "a-b]", "^", "-", "\\", "/", "/", ",", "é"}
	targetParts  = []string{"a", "b", "z", "a.b", ".", "/", "/", "-", "]", "é"}
	tileParts    = []string{"tile/8/0/", "tile/8/data/", "tile/8/1/", "x001/", "x000/", "000", "999", ".p/1", ".p/255", ".p/256", "/", "x", "0", "1"}
	lookupParts  = []string{"example.com/x", "!azure", "Azure", "@v1.0.0", "@v2.0.0", "@", "-pre", "+incompatible", "+meta", "-!r!c", "/", ".", "é", "!"}
	listParts    = []string{"v1.0.0", "v1.1.0", "v1.10.0", "v2.0.0", "-rc.1", "-0.20190410190852-0123456789ab", "+incompatible", "\n", "\n", "\r\n", " ", "\t", "x"}
)

// writeTables asks everything and writes the answers to dir, one file per kind of input and one case a line.
func writeTables(dir string) error {
	random := rand.New(rand.NewSource(1)) // Go promises that a seed gives the same numbers for ever.
	somePaths := append(paths, compose(random, pathParts)...)
	someVersions := append(versions, compose(random, versionParts)...)

	tables := map[string][]Case{
		"paths": ask(somePaths, "module.CheckPath", "module.CheckImportPath", "module.CheckFilePath", "module.SplitPathVersion",
			"module.EscapePath", "module.UnescapePath", "modfile.AutoQuote"),
		"versions": ask(someVersions, "semver.IsValid", "semver.Canonical", "semver.Major", "semver.Prerelease", "semver.Build",
			"module.CanonicalVersion", "module.IsPseudoVersion", "module.EscapeVersion", "module.UnescapeVersion"),
		"order":   askPairs(compared, compared, "semver.Compare"),
		"checks":  askPairs([]string{"x.y", "x.y/v2", "x.y/v10", "gopkg.in/x.v0", "gopkg.in/x.v1", "gopkg.in/x.v2-unstable", "x.y/v1"}, versions[:80], "module.Check"),
		"globs":   append(askPairs(globs, targets[10:], "path.Match"), askPairs(globs, targets[:10], "module.MatchPrefixPatterns")...),
		"tiles":   ask(append(tiles, compose(random, tileParts)...), "tlog.ParseTilePath"),
		"lookups": ask(append(lookups, compose(random, lookupParts)...), "sumdb.lookup"),
		"lists":   askPairs([]string{"x.y", "x.y/v2", "gopkg.in/x.v1", "bad"}, append(lists, compose(random, listParts)[:30]...), "list"),
		"infos":   ask(infos, "info"),
	}
	for range 250 {
		tables["globs"] = append(tables["globs"], judge("module.MatchPrefixPatterns", join(random, globParts), join(random, targetParts)))
	}
	return save(dir, tables)
}

// join puts together a few parts.
func join(random *rand.Rand, parts []string) string {
	var b strings.Builder
	for range 1 + random.Intn(7) {
		b.WriteString(parts[random.Intn(len(parts))])
	}
	return b.String()
}

func compose(random *rand.Rand, parts []string) []string {
	made := make([]string, generated)
	for i := range made {
		made[i] = join(random, parts)
	}
	return made
}

func ask(inputs []string, functions ...string) []Case {
	var cases []Case
	for _, function := range functions {
		for _, input := range inputs {
			cases = append(cases, judge(function, input))
		}
	}
	return cases
}

func askPairs(firsts, seconds []string, function string) []Case {
	var cases []Case
	for _, first := range firsts {
		for _, second := range seconds {
			cases = append(cases, judge(function, first, second))
		}
	}
	return cases
}

// save writes each table as a JSON object: per function its cases, each [input, output] on a line of its own.
func save(dir string, tables map[string][]Case) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for name, cases := range tables {
		var out bytes.Buffer
		encoder := json.NewEncoder(&out)
		encoder.SetEscapeHTML(false)
		function, opening := "", "{"
		for _, c := range cases {
			separator := ","
			if c.Function != function {
				function = c.Function
				separator = fmt.Sprintf("%s%q:[\n", opening, function)
				opening = "],"
			}
			out.WriteString(separator)
			if err := encoder.Encode([]any{c.Input, c.Output}); err != nil {
				return err
			}
		}
		out.WriteString("]}\n")
		if err := os.WriteFile(filepath.Join(dir, name+".json"), out.Bytes(), 0o666); err != nil {
			return err
		}
	}
	return nil
}
