package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// These keys protect nothing: they were made for the tables.
const (
	verifierKey = "sum.test+12e75239+AV3xxVcA5bU7saASg+NcnnmUMTA8EtcYpokRdQOPNzmk"
	signerKey   = "PRIVATE+KEY+sum.test+12e75239+Ae9sGbIbMvMSErG580wsZT0HKmx5jKX2Hl5Kg12ce8KT"
	strangerKey = "PRIVATE+KEY+sum.test+abe05f2e+AXYNwiPtg+FxRtoLtZ3lzlcYqVvKVeTflCxV/78U7Ygm"
)

// writeTables writes one file per table, a row a line.
func writeTables(dir string) error {
	for name, rows := range map[string][]any{"tile-paths": tilePaths(), "notes": notes(), "trees": trees()} {
		var out bytes.Buffer
		encoder := json.NewEncoder(&out)
		encoder.SetEscapeHTML(false)
		for i, row := range rows {
			out.WriteString(map[bool]string{true: "[", false: ","}[i == 0])
			if err := encoder.Encode(row); err != nil {
				return err
			}
		}
		out.WriteString("]\n")
		if err := os.WriteFile(filepath.Join(dir, name+".json"), out.Bytes(), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// tilePaths has tiles and their paths, then texts that are no path of a tile of height 8, with null.
func tilePaths() []any {
	var rows []any
	for _, level := range []int{-1, 0, 1, 3, 6} {
		for _, n := range []int64{0, 1, 9, 10, 99, 100, 999, 1000, 1001, 123456, 999999, 1000000, 1234067, 1 << 40} {
			for _, width := range []int{1, 5, 255, 256} {
				tile := tlog.Tile{H: 8, L: level, N: n, W: width}
				rows = append(rows, []any{tile.Path(), level, n, width})
			}
		}
	}
	for _, path := range []string{"", "tile", "tile/8/0", "tile/8/0/0", "tile/8/0/00", "tile/8/0/0000", "tile/8/0/1000", "tile/8/0/x000/001",
		"tile/8/0/x01/001", "tile/8/0/001/001", "tile/8/0/x001", "tile/8/0/x001/x002", "tile/8/00/000", "tile/8/-1/000", "tile/8/+1/000",
		"tile/8/0/000.p/0", "tile/8/0/000.p/256", "tile/8/0/000.p/257", "tile/8/0/000.p/05", "tile/8/0/000.p", "tile/8/0/000.p/", "tile/8/0/000.p/1/",
		"tile/8/data/000.p/+1", "tile/8/DATA/000", "/tile/8/0/000", "tile/8/0/000\n", "tile/8/0/ 00", "tile/08/0/000", "tile/8//000", "tile/8/0/-01"} {
		if tile, err := tlog.ParseTilePath(path); err == nil {
			panic(fmt.Sprint(path, tile))
		}
		rows = append(rows, []any{path, nil, nil, nil})
	}
	return rows
}

// trees has the hashes of trees of records `record <i>` by size.
func trees() []any {
	var hashes testHashes
	var rows []any
	const last = 66_100
	wanted := map[int64]bool{65_279: true, 65_280: true, 65_535: true, 65_536: true, 65_537: true, 65_791: true, 65_792: true, 65_793: true, last: true}
	for n := int64(0); n <= last; n++ {
		if n <= 600 || wanted[n] {
			hash, err := tlog.TreeHash(n, hashes)
			check(err)
			rows = append(rows, []any{n, hash.String()})
		}
		more, err := tlog.StoredHashes(n, []byte(fmt.Sprintf("record %d\n", n)), hashes)
		check(err)
		hashes = append(hashes, more...)
	}
	return rows
}

type testHashes []tlog.Hash

func (h testHashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var list []tlog.Hash
	for _, index := range indexes {
		list = append(list, h[index])
	}
	return list, nil
}

// notes has texts, and what a client makes of them: the tree's size, "forged" or "malformed".
func notes() []any {
	verifier, err := note.NewVerifier(verifierKey)
	check(err)
	signer, err := note.NewSigner(signerKey)
	check(err)
	strangerSigner, err := note.NewSigner(strangerKey)
	check(err)
	sign := func(text string, signers ...note.Signer) string {
		signed, err := note.Sign(&note.Note{Text: text}, signers...)
		check(err)
		return string(signed)
	}
	hash := tlog.RecordHash([]byte("x")).String()
	tree := func(size string) string { return "go.sum database tree\n" + size + "\n" + hash + "\n" }
	good := sign(tree("7"), signer)
	body, signature, _ := strings.Cut(good, "\n\n")
	signature = strings.TrimSuffix(signature, "\n")
	stray := strings.TrimSuffix(strings.SplitN(sign(tree("7"), strangerSigner), "\n\n", 2)[1], "\n")
	short := "— sum.test EudSOQAA"

	var rows []any
	for _, text := range []string{
		good,
		sign(tree("0"), signer),
		sign(tree("9007199254740991"), signer),
		sign(tree("7")+"more\nfor later\n", signer),
		sign(tree("7")+"\nafter a blank line\n", signer),
		sign(tree("7"), signer, strangerSigner),
		sign(tree("7"), strangerSigner, signer),
		good + signature + "\n",
		good + short + "\n",
		body + "\n\n" + short + "\n" + signature + "\n",
		body + "\n\n" + stray + "\n",
		sign(tree("7"), strangerSigner),
		strings.Replace(good, "\n7\n", "\n8\n", 1),
		strings.Replace(good, "— sum.test", "— sum.other", 1),
		strings.Replace(good, "tree\n7", "tree\n\n7", 1),
		sign("go.sum database tree\n7\n", signer),
		sign("go.sum database tree v2\n7\n"+hash+"\n", signer),
		sign(tree("-1"), signer), sign(tree("+7"), signer), sign(tree("07"), signer), sign(tree(" 7"), signer), sign(tree("7x"), signer),
		sign(tree(""), signer), sign(tree("99999999999999999999"), signer),
		sign("go.sum database tree\n7\n"+hash[:40]+"\n", signer),
		sign("go.sum database tree\n7\n!"+hash[1:]+"\n", signer),
		sign("go.sum database tree\n7\n"+hash+"AAAA\n", signer),
		"", "\n", "\n\n", body, body + "\n", body + "\n\n", body + "\n\n" + signature, body + "\n" + signature + "\n",
		body + "\n\n\n" + signature + "\n", good + "\n", good + "x", good + "x\n", strings.ReplaceAll(good, "\n", "\r\n"),
		strings.Replace(good, "—", "-", 1), strings.Replace(good, "— ", "—", 1), strings.Replace(good, "sum.test ", "sum.test  ", 1),
		strings.Replace(good, "sum.test ", "sum+test ", 1), strings.Replace(good, "— sum.test", "— ", 1), good[:len(good)-3] + "*\n",
		body + "\n\n— sum.test \n", body + "\n\n— sum.test AAAA\n", "\x00" + good, strings.Replace(good, "7", "\t7", 1),
		body + "\n\n" + strings.Repeat("— sum.other AAAAAAAA\n", 99) + signature + "\n",
		body + "\n\n" + strings.Repeat("— sum.other AAAAAAAA\n", 100) + signature + "\n",
	} {
		rows = append(rows, []any{text, verdict(text, verifier)})
	}
	return rows
}

func verdict(text string, verifier note.Verifier) any {
	opened, err := note.Open([]byte(text), note.VerifierList(verifier))
	var unverified *note.UnverifiedNoteError
	var invalid *note.InvalidSignatureError
	switch {
	case errors.As(err, &unverified), errors.As(err, &invalid):
		return "forged"
	case err != nil:
		return "malformed"
	}
	tree, err := tlog.ParseTree([]byte(opened.Text))
	if err != nil {
		return "malformed"
	}
	return tree.N
}
