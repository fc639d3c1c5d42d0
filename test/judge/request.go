package main

import (
	"net/url"
	"slices"
	"strings"

	"golang.org/x/mod/module"
)

// databases are the checksum databases that a server of these requests knows; one name is the beginning of another.
var databases = []string{"sum.test", "sum.test/v2", "localhost.localdev/sumdb"}

// request is what a server must take a request target for: kind, module path and version or revision, as the Go Modules
// Reference (GOPROXY protocol) and sumdb.Server have it; nil where it must refuse. It shares nothing with libs/protocol.
func request(target string) any {
	encoded := targetPath(target)
	path, err := url.PathUnescape(encoded)
	if err != nil || !strings.HasPrefix(encoded, "/") {
		return nil
	}
	if rest, ok := strings.CutPrefix(path, "/sumdb/"); ok && !encodedRoute(encoded) {
		return databaseRequest(rest)
	}
	rest := path[1:]
	if escaped, ok := strings.CutSuffix(rest, "/@latest"); ok {
		return mutableFile("latest", escaped)
	}
	escaped, file, ok := strings.Cut(rest, "/@v/")
	if !ok {
		return nil
	}
	if file == "list" {
		return mutableFile("list", escaped)
	}
	return versionFile(escaped, file)
}

// targetPath is the path of an origin-form or absolute-form target (RFC 9112, section 3.2), as it is encoded.
func targetPath(target string) string {
	scheme, rest, _ := strings.Cut(target, "://")
	// No strings.EqualFold: to it the long s is an s.
	switch strings.ToLower(scheme) {
	case "http", "https":
		end := strings.IndexAny(rest, "/?#")
		if end < 0 {
			return "/"
		}
		target = rest[end:]
	}
	path, _, _ := strings.Cut(target, "?")
	return path
}

func mutableFile(kind, escaped string) any {
	path, err := module.UnescapePath(escaped)
	if err != nil || tooLongPath(escaped) {
		return nil
	}
	return []string{kind, path}
}

func versionFile(escapedPath, file string) any {
	path, err := module.UnescapePath(escapedPath)
	if err != nil {
		return nil
	}
	dot := strings.LastIndex(file, ".")
	if dot < 0 {
		return nil
	}
	escapedVersion, kind := file[:dot], file[dot+1:]
	if !slices.Contains([]string{"info", "mod", "zip"}, kind) {
		return nil
	}
	version, err := module.UnescapeVersion(escapedVersion)
	if err != nil || leadingDash(version) {
		return nil
	}
	if module.CanonicalVersion(version) == version && module.Check(path, version) == nil {
		if tooLongVersion(escapedPath, escapedVersion) || !mayBeIncompatible(path, version) || impossibleTime(version) {
			return nil
		}
		return []string{kind, path, version}
	}
	if kind != "info" || commandWord(version) || tooLongQuery(escapedPath, escapedVersion) {
		return nil
	}
	return []string{"query", path, version}
}

// impossibleTime tells of a pseudo-version whose time is none: go asks nobody for it.
func impossibleTime(version string) bool {
	_, err := module.PseudoVersionTime(version)
	return module.IsPseudoVersion(version) && err != nil
}

func databaseRequest(rest string) any {
	name := ""
	for _, known := range databases {
		if strings.HasPrefix(rest, known+"/") && len(known) > len(name) {
			name = known
		}
	}
	if name == "" {
		return nil
	}
	path := rest[len(name)+1:]
	kind, _, _ := strings.Cut(path, "/")
	served := path == "supported" || path == "latest" || kind == "tile" && isServedTile(path)
	if target, ok := strings.CutPrefix(path, "lookup/"); ok {
		served = isLookup(target)
	}
	if !served || tooLongKey(".meta/sumdb/+00000000/"+rest) {
		return nil
	}
	return []string{kind, name, path}
}
