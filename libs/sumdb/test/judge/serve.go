package main

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/note"
)

// A world has any number of logs, each below a name of its own, all signed with one key: a database that tells
// everybody the same has one.
type world struct {
	signer, other string

	mu   sync.Mutex
	logs map[string]*testLog
}

// A testLog is a real database of made-up modules. Records differ by salt.
type testLog struct {
	ops  *sumdb.TestServer
	http http.Handler

	mu    sync.Mutex
	salt  string
	texts map[string]string
	size  int
}

func serve() error {
	signer, verifier, err := note.GenerateKey(nil, "sum.test/db")
	if err != nil {
		return err
	}
	other, _, err := note.GenerateKey(nil, "sum.test/db")
	if err != nil {
		return err
	}
	w := &world{signer: signer, other: other, logs: map[string]*testLog{}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("http://%s %s\n", listener.Addr(), verifier)
	go http.Serve(listener, w)
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// ServeHTTP answers below /<log>/ as a database does, and what the tests steer it with:
//
//	/-/sign?key=other                   signs the body as a note
//	/<log>/-/grow?to=<size>&salt=<s>    adds records; later ones have this salt
//	/<log>/-/record?of=<mod>@<version>  says what the record of a version will be
func (w *world) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	name, path, _ := strings.Cut(strings.TrimPrefix(in.URL.Path, "/"), "/")
	body, _ := io.ReadAll(in.Body)
	query := in.URL.Query()
	if name == "-" {
		key := w.signer
		if query.Get("key") == "other" {
			key = w.other
		}
		signer, err := note.NewSigner(key)
		check(err)
		signed, err := note.Sign(&note.Note{Text: string(body)}, signer)
		check(err)
		out.Write(signed)
		return
	}
	l := w.log(name)
	switch path {
	case "-/grow":
		to, err := strconv.Atoi(query.Get("to"))
		check(err)
		l.grow(in, to, query.Get("salt"))
	case "-/record":
		l.mu.Lock()
		l.texts[query.Get("of")] = string(body)
		l.mu.Unlock()
	default:
		http.StripPrefix("/"+name, l.http).ServeHTTP(out, in)
	}
}

func (w *world) log(name string) *testLog {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.logs[name] == nil {
		l := &testLog{texts: map[string]string{}}
		l.ops = sumdb.NewTestServer(w.signer, l.record)
		l.http = sumdb.NewServer(l.ops)
		w.logs[name] = l
	}
	return w.logs[name]
}

func (l *testLog) grow(in *http.Request, to int, salt string) {
	l.mu.Lock()
	l.salt = salt
	from := l.size
	l.mu.Unlock()
	for i := from; i < to; i++ {
		_, err := l.ops.Lookup(in.Context(), module.Version{Path: fmt.Sprintf("example.com/m%d", i), Version: "v1.0.0"})
		check(err)
	}
}

// record makes the go.sum lines of a version; none of modules of absent.test.
func (l *testLog) record(path, version string) ([]byte, error) {
	if strings.HasPrefix(path, "absent.test/") {
		return nil, os.ErrNotExist
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.size++
	if text, ok := l.texts[path+"@"+version]; ok {
		return []byte(text), nil
	}
	return []byte(goSum(path, version, l.salt)), nil
}

func goSum(path, version, salt string) string {
	hash := func(file string) string {
		sum := sha256.Sum256([]byte(salt + path + version + file))
		return "h1:" + base64.StdEncoding.EncodeToString(sum[:])
	}
	return fmt.Sprintf("%s %s %s\n%s %s/go.mod %s\n", path, version, hash("zip"), path, version, hash("mod"))
}
