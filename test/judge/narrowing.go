package main

import "strings"

// This file holds all that Stoa refuses by intent although x/mod takes it.

const (
	longestElement = 200 // File systems stop at 255, and suffixes and temporary names need room.
	longestJoined  = 240 // Of the elements that join two: <module's last element>@<version> in the index, lookups.
	longestKey     = 900 // Object stores stop at 1024, and a configured prefix needs room.
)

// encodedRoute tells of a path whose route is in percent-encodings, as in /%73umdb/: no client writes it so.
func encodedRoute(path string) bool { return !strings.HasPrefix(path, "/sumdb/") }

// leadingDash tells of a version that could be taken for an option; go itself refuses it since 1.26.
func leadingDash(version string) bool { return strings.HasPrefix(version, "-") }

// commandWord tells of a version that the go command resolves by itself: no branch of that name can be asked for.
func commandWord(version string) bool {
	return version == "latest" || version == "upgrade" || version == "patch"
}

// tooLongPath tells whether the storage has no room for what is kept of an escaped module path.
func tooLongPath(path string) bool {
	return anyLonger(path, longestElement) || len(path+"/@v/list") > longestKey
}

// tooLongVersion tells whether the storage has no room for the files, the receipt and the index entry of a version.
func tooLongVersion(path, version string) bool {
	entry := path + "@" + version
	return tooLongPath(path) || len(version) > longestElement || anyLonger(entry, longestJoined) ||
		len(path+"/@v/"+version+".info") > longestKey ||
		len(".meta/receipts/"+path+"/@v/"+version+".json") > longestKey ||
		len(".meta/index/2006-01-02T15:04:05.000000000Z/"+entry) > longestKey
}

// tooLongQuery tells whether the storage has no room for what a revision resolved to.
func tooLongQuery(path, query string) bool {
	return tooLongPath(path) || len(query) > longestElement || len(".meta/queries/"+path+"/@v/"+query+".json") > longestKey
}

// tooLongKey tells whether the storage has no room for a checksum database's answer.
func tooLongKey(key string) bool { return len(key) > longestKey || anyLonger(key, longestJoined) }

func anyLonger(path string, limit int) bool {
	for element := range strings.SplitSeq(path, "/") {
		if len(element) > limit {
			return true
		}
	}
	return false
}
