// A storage server with the six basic routes alone, in Athens' manner: no HEAD, no Range, no validators, no token, and a
// page for whatever else is asked. It keeps versions in a folder. It prints its address once it serves.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

var errOther = errors.New("other bytes are stored")

var parts = []string{"mod.info", "mod.mod", "mod.zip"}

var route = regexp.MustCompile(`^/(.+)/@v/(?:(list)|(.+)\.(info|mod|zip|save|delete))$`)

type server struct{ root string }

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address")
	root := flag.String("root", "", "folder")
	flag.Parse()
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, server{*root}))
}

func (s server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	match := route.FindStringSubmatch(r.URL.Path)
	if match == nil {
		// It answers anything.
		fmt.Fprintln(w, `<html>{"objects":[],"more":false}</html>`)
		return
	}
	module, version, kind := match[1], unescape(match[3]), match[2]+match[4]
	folder := filepath.Join(s.root, filepath.FromSlash(module), "@v", version)
	var err error
	switch r.Method + " " + kind {
	case "GET list":
		err = s.list(w, filepath.Join(s.root, filepath.FromSlash(module), "@v"))
	case "GET info", "GET mod":
		err = send(w, filepath.Join(folder, "mod."+kind), false)
	case "GET zip":
		err = send(w, filepath.Join(folder, "mod.zip"), true)
	case "POST save":
		err = s.save(r, folder)
	case "DELETE delete":
		if _, err = os.Stat(folder); err == nil {
			err = os.RemoveAll(folder)
		}
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
	if err == errOther {
		http.Error(w, err.Error(), http.StatusConflict)
	} else if os.IsNotExist(err) {
		http.Error(w, "not found", http.StatusNotFound)
	} else if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func (s server) list(w http.ResponseWriter, folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	var versions []string
	for _, entry := range entries {
		versions = append(versions, entry.Name())
	}
	_, err = io.WriteString(w, strings.Join(versions, "\n"))
	return err
}

func send(w http.ResponseWriter, name string, sized bool) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && sized {
		w.Header().Set("Content-Length", strconv.FormatInt(info.Size(), 10))
	}
	_, err = io.Copy(w, file)
	return err
}

// The version appears whole: its folder gets its name when all three files are in it.
func (s server) save(r *http.Request, folder string) error {
	form, err := r.MultipartReader()
	if err != nil {
		return err
	}
	unfinished, err := os.MkdirTemp(s.root, ".unfinished-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(unfinished)
	for _, name := range parts {
		part, err := form.NextPart()
		if err != nil {
			return err
		}
		if part.FormName() != name || part.FileName() != name {
			return fmt.Errorf("part %q in place of %q", part.FormName(), name)
		}
		file, err := os.Create(filepath.Join(unfinished, name))
		if err != nil {
			return err
		}
		if _, err = io.Copy(file, part); err == nil {
			err = file.Close()
		}
		if err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o777); err != nil {
		return err
	}
	if err := os.Rename(unfinished, folder); err == nil || !os.IsExist(err) {
		return err
	}
	for _, name := range parts {
		stored, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return err
		}
		sent, err := os.ReadFile(filepath.Join(unfinished, name))
		if err != nil {
			return err
		}
		if !bytes.Equal(stored, sent) {
			return errOther
		}
	}
	return nil
}

// A version comes escaped or as it is.
func unescape(version string) string {
	for i := strings.IndexByte(version, '!'); i >= 0 && i+1 < len(version); i = strings.IndexByte(version, '!') {
		version = version[:i] + strings.ToUpper(version[i+1:i+2]) + version[i+2:]
	}
	return version
}
