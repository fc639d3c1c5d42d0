// Judge answers as golang.org/x/mod does, so that libs/protocol can be held against it.
//
//	judge                 reads batches of questions from stdin, one JSON object a line, and prints the outputs of each
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

// A Batch asks each of some functions about each of some inputs.
type Batch struct {
	Functions []string   `json:"functions"`
	Inputs    [][]string `json:"inputs"`
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

// answer reads batches from in and writes to out, per batch on one line, the outputs for each input in the order of the functions.
func answer(in io.Reader, out io.Writer) error {
	decoder := json.NewDecoder(in)
	buffer := bufio.NewWriter(out)
	encoder := json.NewEncoder(buffer)
	encoder.SetEscapeHTML(false)
	for {
		var batch Batch
		if err := decoder.Decode(&batch); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := encoder.Encode(outputs(batch)); err != nil {
			return err
		}
		if err := buffer.Flush(); err != nil {
			return err
		}
	}
}

func outputs(batch Batch) [][]any {
	rows := make([][]any, len(batch.Inputs))
	for i, input := range batch.Inputs {
		for _, function := range batch.Functions {
			rows[i] = append(rows[i], judge(function, input...).Output)
		}
	}
	return rows
}
