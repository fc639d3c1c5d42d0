// Judge answers as golang.org/x/mod does, so that libs/protocol can be held against it.
//
//	judge                 reads cases from stdin, one JSON object a line, and prints each with its output
//	judge tables <dir>    writes the tables that libs/protocol's tests read
//
// The tables are committed; this makes them anew, from this folder:
//
//	go run . tables ../../libs/protocol/testdata
package main

import (
	"bufio"
	"encoding/json"
	"io"
	"log"
	"os"
)

// A Case is one question and its answer. Output is null where the function fails.
type Case struct {
	Function string   `json:"function"`
	Input    []string `json:"input"`
	Output   any      `json:"output"`
}

func main() {
	log.SetFlags(0)
	switch {
	case len(os.Args) == 3 && os.Args[1] == "tables":
		if err := writeTables(os.Args[2]); err != nil {
			log.Fatal(err)
		}
	case len(os.Args) == 1:
		if err := answer(os.Stdin, os.Stdout); err != nil {
			log.Fatal(err)
		}
	default:
		log.Fatal("usage: judge [tables <dir>]")
	}
}

// answer reads cases from in and writes each with its output to out.
func answer(in io.Reader, out io.Writer) error {
	decoder := json.NewDecoder(in)
	buffer := bufio.NewWriter(out)
	encoder := json.NewEncoder(buffer)
	for {
		var c Case
		if err := decoder.Decode(&c); err == io.EOF {
			return buffer.Flush()
		} else if err != nil {
			return err
		}
		if err := encoder.Encode(judge(c.Function, c.Input...)); err != nil {
			return err
		}
	}
}
