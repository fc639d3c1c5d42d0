// Judge is golang.org/x/mod's own checksum database, and its answers to what a client of one must know.
//
//	judge                 serves checksum databases until stdin ends; prints their address and verifier key
//	judge tables <dir>    writes the tables that the tests read
//
// The tables are committed; this makes them anew, from this folder:
//
//	go run . tables ../../testdata
package main

import (
	"log"
	"os"
)

func main() {
	log.SetFlags(0)
	switch {
	case len(os.Args) == 3 && os.Args[1] == "tables":
		check(writeTables(os.Args[2]))
	case len(os.Args) == 1:
		check(serve())
	default:
		log.Fatal("usage: judge [tables <dir>]")
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
