// Judge says what Go itself thinks of module zips, so that libs/ingest can be held against it.
//
//	judge zips    reads questions from stdin, one JSON object a line, and prints an answer for each
//	judge folds   prints the characters that strings.EqualFold takes for the same letter, one JSON list a line
//	judge characters
//	              prints every character of Go's version of Unicode, as one JSON string
//	judge hash <zip>
//	              prints the h1 of a zip
//	judge create <dir> <module> <version> <zip>
//	              makes the module zip of a folder
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"unicode"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/mod/zip"
)

// Question names a file and the module version whose zip it claims to be.
type Question struct {
	Path, Module, Version string
	// Extract asks for Unzip and the hash too; it needs real content.
	Extract bool
}

// Answer holds what each step says; empty is no objection.
type Answer struct {
	Check, Unzip, Hash string
	// H1 is the hash itself.
	H1 string
	// Files is how many files the zip is seen to have.
	Files int
}

func main() {
	log.SetFlags(0)
	out := json.NewEncoder(os.Stdout)
	switch command := os.Args[1]; command {
	case "zips":
		in := json.NewDecoder(os.Stdin)
		for {
			var question Question
			if err := in.Decode(&question); errors.Is(err, io.EOF) {
				return
			} else if err != nil {
				log.Fatal(err)
			}
			must(out.Encode(answer(question)))
		}
	case "folds":
		for _, letters := range folds() {
			must(out.Encode(letters))
		}
	case "characters":
		must(out.Encode(characters()))
	case "hash":
		h1, err := dirhash.HashZip(os.Args[2], dirhash.Hash1)
		must(err)
		fmt.Println(h1)
	case "create":
		file, err := os.Create(os.Args[5])
		must(err)
		must(zip.CreateFromDir(file, module.Version{Path: os.Args[3], Version: os.Args[4]}, os.Args[2]))
		must(file.Close())
	default:
		log.Fatalf("unknown command %q", command)
	}
}

func answer(question Question) Answer {
	version := module.Version{Path: question.Module, Version: question.Version}
	checked, err := zip.CheckZip(version, question.Path)
	given := Answer{Check: text(err), Files: len(checked.Valid)}
	if !question.Extract {
		return given
	}

	dir, err := os.MkdirTemp("", "judge")
	must(err)
	defer os.RemoveAll(dir)
	given.Unzip = text(zip.Unzip(dir, version, question.Path))
	given.H1, err = dirhash.HashZip(question.Path, dirhash.Hash1)
	given.Hash = text(err)
	return given
}

// folds lists each set of two or more characters that are equal under simple case folding.
func folds() [][]string {
	var sets [][]string
	for r := rune(0); r <= unicode.MaxRune; r++ {
		set := []string{string(r)}
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			if next < r {
				set = nil // Its set was listed with its lowest character.
				break
			}
			set = append(set, string(next))
		}
		if len(set) > 1 {
			sets = append(sets, set)
		}
	}
	return sets
}

func characters() string {
	var known []rune
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if unicode.IsGraphic(r) {
			known = append(known, r)
		}
	}
	return string(known)
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
