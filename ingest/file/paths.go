package file

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/captureipc"
)

// input is one file of a source.
type input struct {
	path  string // as shown in _topic and errors
	codec string
	kind  string // text, capture, captureipc, table; set by the connector
	form  string // payload format of the registry
	size  int64
	disk  fs.FS // nil: the operating system's
	stdin *stdin
	// columns is the file format of a file that has columns; table is such a file
	// once it is open, places the envelope of one that is a capture.
	columns string
	table   ingest.FileReader
	places  *captureipc.Places
}

// open opens the bytes of the file as they are stored.
func (in *input) open() (io.ReadCloser, error) {
	if in.disk != nil {
		return in.disk.Open(in.path)
	}
	return os.Open(in.path)
}

// finder turns the path of a source into files.
type finder struct {
	disk      fs.FS
	dirs      []string
	recursive bool
	any       bool // take files of every extension, for the format is given
}

// find lists the files of a path: itself, the matches of a glob in lexical
// order, or the files of a folder. A missing one is an error that wraps
// [fs.ErrNotExist].
func (f finder) find(p string) ([]*input, error) {
	p = strings.TrimPrefix(p, "file://")
	tries := []string{p}
	if !filepath.IsAbs(p) && len(f.dirs) > 0 {
		tries = nil
		for _, d := range f.dirs {
			tries = append(tries, filepath.Join(d, p))
		}
	}
	for _, t := range tries {
		if f.disk != nil {
			t = strings.TrimPrefix(path.Clean(filepath.ToSlash(t)), "/")
		}
		in, err := f.at(t)
		if err == nil && len(in) > 0 {
			return in, nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	looked := ""
	if len(tries) > 1 {
		looked = "; looked for " + strings.Join(tries, ", ")
	}
	if strings.ContainsAny(p, "*?[{") {
		return nil, fmt.Errorf("no file matches %q%s: %w", p, looked, fs.ErrNotExist)
	}
	return nil, fmt.Errorf("there is no file %q%s: %w", p, looked, fs.ErrNotExist)
}

func (f finder) at(p string) ([]*input, error) {
	info, err := f.stat(p)
	if err == nil && info.IsDir() {
		return f.folder(p)
	}
	if err == nil {
		return []*input{f.input(p, info)}, nil
	}
	if !strings.ContainsAny(p, "*?[{") {
		return nil, err
	}
	var names []string
	if f.disk != nil {
		names, err = doublestar.Glob(f.disk, p, doublestar.WithFilesOnly())
	} else {
		names, err = doublestar.FilepathGlob(p, doublestar.WithFilesOnly())
	}
	if err != nil {
		return nil, fmt.Errorf("bad pattern %q: %w", p, err)
	}
	return f.inputs(names)
}

func (f finder) stat(p string) (fs.FileInfo, error) {
	if f.disk != nil {
		return fs.Stat(f.disk, p)
	}
	return os.Stat(p)
}

func (f finder) input(p string, info fs.FileInfo) *input {
	_, codec := splitExt(p)
	in := &input{path: p, codec: codec, disk: f.disk}
	if info.Mode().IsRegular() {
		in.size = info.Size()
	}
	return in
}

func (f finder) inputs(names []string) ([]*input, error) {
	sort.Strings(names)
	var out []*input
	for _, n := range names {
		info, err := f.stat(n)
		if err != nil {
			return nil, err
		}
		out = append(out, f.input(n, info))
	}
	return out, nil
}

// folder lists the data files of a folder: no hidden ones, and without a given
// format only those of a known extension.
func (f finder) folder(p string) ([]*input, error) {
	var names []string
	disk, root := f.disk, p
	if disk == nil {
		disk, root = os.DirFS(p), "."
	}
	err := fs.WalkDir(disk, root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := strings.HasPrefix(d.Name(), ".") && name != root
		if d.IsDir() {
			if name != root && (!f.recursive || hidden) {
				return fs.SkipDir
			}
			return nil
		}
		ext, _ := splitExt(name)
		if hidden || !f.any && !slices.Contains(extensions, ext) {
			return nil
		}
		if f.disk == nil {
			name = filepath.Join(p, filepath.FromSlash(name))
		}
		names = append(names, name)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, ingest.Usage(fmt.Errorf("the folder %q has no data file (known: %s)", p, strings.Join(extensions, ", ")))
	}
	return f.inputs(names)
}

// extensions are those that tell a format.
var extensions = []string{"csv", "tsv", "jsonl", "ndjson", "json", "parquet", "arrow", "arrows", "avro", "capture"}
