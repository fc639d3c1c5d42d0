// sumdb serves a real checksum database (golang.org/x/mod/sumdb) of whatever a GOPROXY holds:
// the hashes of a version are computed from the proxy's own .mod and .zip when it is first looked up.
// It prints one line, the address and the GOSUMDB value, and ends when its standard input does.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/mod/sumdb/note"
)

func main() {
	upstream := flag.String("upstream", "", "base URL of the GOPROXY")
	name := flag.String("name", "sum.test", "name of the database")
	flag.Parse()
	signer, verifier, err := note.GenerateKey(nil, *name)
	check(err)
	db := sumdb.NewServer(sumdb.NewTestServer(signer, func(path, version string) ([]byte, error) {
		return goSum(*upstream, path, version)
	}))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	fmt.Printf("http://%s %s\n", listener.Addr(), verifier)
	go http.Serve(listener, db)
	io.Copy(io.Discard, os.Stdin)
}

func goSum(upstream, path, version string) ([]byte, error) {
	escapedPath, err := module.EscapePath(path)
	if err != nil {
		return nil, err
	}
	escapedVersion, err := module.EscapeVersion(version)
	if err != nil {
		return nil, err
	}
	base := upstream + "/" + escapedPath + "/@v/" + escapedVersion
	mod, err := get(base + ".mod")
	if err != nil {
		return nil, err
	}
	zip, err := get(base + ".zip")
	if err != nil {
		return nil, err
	}
	file, err := os.CreateTemp("", "sumdb-*.zip")
	if err != nil {
		return nil, err
	}
	defer os.Remove(file.Name())
	if _, err := file.Write(zip); err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	zipHash, err := dirhash.HashZip(file.Name(), dirhash.Hash1)
	if err != nil {
		return nil, err
	}
	modHash, err := dirhash.Hash1([]string{"go.mod"}, func(string) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(mod)), nil
	})
	if err != nil {
		return nil, err
	}
	return []byte(fmt.Sprintf("%s %s %s\n%s %s/go.mod %s\n", path, version, zipHash, path, version, modHash)), nil
}

func get(url string) ([]byte, error) {
	response, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusNotFound {
		return nil, os.ErrNotExist
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", url, response.Status)
	}
	return io.ReadAll(response.Body)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
