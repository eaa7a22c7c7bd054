package velo_test

import (
	"bufio"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/velostream/velo"

// room is a folder, with those below it, and what its product code may import
// from this module. The first room that matches a package is its room.
type room struct {
	folder string
	may    []string // folders; "x/..." is x and all below it
}

// rooms are the layers, no arrow back. A package may always import packages of
// its own folder's tree when the list says so; nothing is implied.
var rooms = []room{
	{"arrowexec/vec", nil},
	{"arrowexec/text", []string{"arrowexec/vec"}},
	{"arrowexec/expr", []string{"arrowexec", "arrowexec/text", "arrowexec/vec"}},
	{"arrowexec/funcs", []string{"arrowexec", "arrowexec/expr", "arrowexec/funcs/...", "arrowexec/text", "arrowexec/vec"}},
	{"arrowexec", []string{"arrowexec/vec"}},
	{"operators/optest", []string{"arrowexec", "arrowexec/expr", "arrowexec/vec"}},
	{"operators", []string{"arrowexec", "arrowexec/expr", "arrowexec/text", "arrowexec/vec", "operators/..."}},
	{"ingest/all", []string{"ingest/..."}},
	{"ingest", []string{"arrowexec", "arrowexec/text", "arrowexec/vec", "ingest/..."}},
	{"planner/logictest", []string{"arrowexec/...", "ingest/...", "operators/agg", "planner"}},
	{"planner/cuttest", []string{"arrowexec", "planner"}},
	{"planner/internal/build", []string{"arrowexec/...", "ingest", "operators/...", "planner/internal/..."}},
	{"planner/internal", []string{"arrowexec", "arrowexec/expr", "arrowexec/funcs", "arrowexec/text", "arrowexec/vec", "operators/agg", "operators/over", "operators/sort", "planner/internal/..."}},
	{"planner", []string{"arrowexec", "arrowexec/expr", "arrowexec/text", "arrowexec/vec", "ingest", "operators/...", "planner/internal/..."}},
	{"internal/render", []string{"arrowexec", "arrowexec/text", "arrowexec/vec", "ingest", "ingest/capture"}},
	{"internal/cli", []string{"arrowexec", "arrowexec/expr", "arrowexec/funcs", "arrowexec/vec", "ingest/...", "internal/...", "operators/agg", "planner"}},
	{"bench/dataset", []string{"arrowexec", "arrowexec/vec", "ingest", "ingest/arrowipc", "ingest/format/avro", "ingest/parquet"}}, // writes files with columns
	{"bench", []string{"...", "bench/..."}},
	{"cmd", []string{"...", "arrowexec/...", "bench/...", "ingest/...", "internal/...", "planner"}},
	{"scripts", nil},
	{"", []string{"arrowexec", "arrowexec/expr", "arrowexec/funcs", "arrowexec/vec", "ingest", "ingest/all", "ingest/memory", "operators/agg", "planner"}},
}

// keepers are third-party packages with the folders whose product code may
// import them; with tests they are free unless they are banned.
var keepers = []struct {
	prefix  string
	folders []string
}{
	// ready is a program of the test scripts. bench starts a broker in its own
	// process for the Kafka workload: it measures, it is no part of the engine.
	{"github.com/twmb/franz-go", []string{"ingest/kafka", "scripts/kafka/ready", "bench"}},
	{"github.com/klauspost/compress", []string{"ingest/file", "ingest/kafka/recordbatch", "ingest/format/avro", "ingest/parquet", "internal/cli"}},
	{"github.com/andybalholm/brotli", []string{"ingest/parquet"}},
	{"github.com/pierrec/lz4", []string{"ingest/file", "ingest/kafka/recordbatch", "ingest/parquet", "internal/cli"}},
	{"github.com/bufbuild/protocompile", []string{"ingest/format/protobuf"}},
	{"google.golang.org/protobuf", []string{"ingest/format/protobuf"}},
	{"github.com/spf13", []string{"internal/cli", "cmd/velo-bench"}},
	{"github.com/pkg/profile", []string{"internal/cli", "bench", "cmd/velo-bench"}},
	{"github.com/jedib0t/go-pretty", []string{"internal/cli", "internal/render", "bench", "cmd/velo-bench"}},
	{"github.com/bmatcuk/doublestar", []string{"ingest/file"}},
	{"go.yaml.in/yaml", []string{"planner"}},
	{"github.com/apache/arrow/go/v17/arrow/ipc", []string{"ingest/arrowipc", "bench"}},
	{"golang.org/x/term", []string{"internal/cli", "internal/render"}},
	{"unsafe", []string{"arrowexec/vec", "arrowexec/text"}},
	{"testing", []string{"ingest/ingesttest", "operators/optest", "planner/logictest"}},
}

// banned may not be imported by product code at all: Arrow's kernels, readers
// and builders' formats. Why is written down in docs/adr/0004 and 0009.
var banned = []string{
	"github.com/apache/arrow/go/v17/arrow/compute",
	"github.com/apache/arrow/go/v17/arrow/csv",
	"github.com/apache/arrow/go/v17/arrow/scalar",
	"github.com/apache/arrow/go/v17/arrow/avro",
	"github.com/apache/arrow/go/v17/parquet",
	"C",
}

// owners are the files outside arrowexec/vec that Retain or Release records:
// the doors where records enter from, or leave to, an embedder or an IPC file.
var owners = []string{
	"engine.go", "rows.go",
	"ingest/memory/", "ingest/arrowipc/", "ingest/file/captureipc.go",
	"operators/kept/", "operators/hashagg/snapshot.go", "operators/optest/", "bench/",
}

// long are files over 500 lines, each with its reason.
var long = map[string]string{}

type source struct {
	path, dir string // slash-separated, from the module's root
	test      bool
	lines     int
	file      *ast.File
}

func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	set := token.NewFileSet()
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); p != "." && (strings.HasPrefix(n, ".") || n == "testdata" || n == "bin") {
				return filepath.SkipDir
			}
			if _, err := os.Stat(filepath.Join(p, "go.mod")); p != "." && err == nil {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(p, ".go") {
			return nil
		}
		f, err := parser.ParseFile(set, p, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		slash := filepath.ToSlash(p)
		dir := path.Dir(slash)
		if dir == "." {
			dir = ""
		}
		all = append(all, source{path: slash, dir: dir, test: strings.HasSuffix(p, "_test.go"), lines: set.File(f.Pos()).LineCount(), file: f})
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, len(all), 200, "the walk found too few files to mean anything")
	return all
}

func within(folder, pkg string) bool {
	return folder == "" || pkg == folder || strings.HasPrefix(pkg, folder+"/")
}

func listed(list []string, pkg string) bool {
	for _, l := range list {
		if l == "..." && pkg == "" {
			return true
		}
		if base, ok := strings.CutSuffix(l, "/..."); ok && within(base, pkg) || l == pkg {
			return true
		}
	}
	return false
}

func roomOf(dir string) room {
	for _, r := range rooms {
		if within(r.folder, dir) && (r.folder != "" || dir == "") {
			return r
		}
	}
	return room{folder: "no room"}
}

func imports(f *ast.File) []string {
	var list []string
	for _, i := range f.Imports {
		p, _ := strconv.Unquote(i.Path.Value)
		list = append(list, p)
	}
	return list
}

// TestImportDirections holds the layers and the rooms of third-party code.
func TestImportDirections(t *testing.T) {
	for _, s := range sources(t) {
		r := roomOf(s.dir)
		if r.folder == "no room" {
			t.Errorf("%s: folder %q has no room; add it to the table", s.path, s.dir)
			continue
		}
		for _, p := range imports(s.file) {
			for _, b := range banned {
				if !s.test && (p == b || strings.HasPrefix(p, b+"/")) {
					t.Errorf("%s imports %s, which is banned", s.path, p)
				}
			}
			if s.test {
				continue
			}
			if p == module || strings.HasPrefix(p, module+"/") {
				if p := strings.TrimPrefix(strings.TrimPrefix(p, module), "/"); !listed(r.may, p) {
					t.Errorf("%s imports %q; room %q may import %q", s.path, p, r.folder, r.may)
				}
				continue
			}
			for _, k := range keepers {
				if p != k.prefix && !strings.HasPrefix(p, k.prefix+"/") {
					continue
				}
				ok := false
				for _, f := range k.folders {
					ok = ok || within(f, s.dir)
				}
				if !ok {
					t.Errorf("%s imports %s, whose room is %q", s.path, p, k.folders)
				}
			}
		}
	}
}

// TestTestImports keeps tests of the lower layers from reaching up.
func TestTestImports(t *testing.T) {
	for _, s := range sources(t) {
		if !s.test {
			continue
		}
		for _, p := range imports(s.file) {
			p, ok := strings.CutPrefix(p, module+"/")
			if !ok {
				continue
			}
			switch {
			case within("arrowexec", s.dir) && (within("planner", p) || within("ingest", p) || within("internal", p)),
				within("operators", s.dir) && (within("planner", p) || within("ingest", p) || within("internal", p)),
				within("ingest", s.dir) && (within("planner", p) || within("operators", p) || within("internal", p)):
				t.Errorf("%s imports %s, an upper layer", s.path, p)
			}
		}
	}
}

// TestPackages holds the rules of the house that a parser can see.
func TestPackages(t *testing.T) {
	documented, packages := map[string]bool{}, map[string]string{}
	for _, s := range sources(t) {
		for _, bad := range []string{"util", "utils", "common", "helpers", "helper", "types", "misc"} {
			if path.Base(s.dir) == bad || s.file.Name.Name == bad {
				t.Errorf("%s: a package named %s says nothing about what is in it", s.path, bad)
			}
		}
		if s.lines > 500 && long[s.path] == "" {
			t.Errorf("%s has %d lines; split it by concept, or give its reason in the table", s.path, s.lines)
		}
		if s.lines <= 500 && long[s.path] != "" {
			t.Errorf("%s has %d lines and needs no reason any more", s.path, s.lines)
		}
		if !s.test {
			packages[s.dir] = s.path
			if s.file.Doc != nil {
				documented[s.dir] = true
			}
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if ok && f.Name.Name == "init" && f.Recv == nil {
				t.Errorf("%s has a func init: nothing registers itself", s.path)
			}
		}
		if s.test || within("arrowexec/vec", s.dir) {
			continue
		}
		if listed := func() bool {
			for _, o := range owners {
				if s.path == o || strings.HasSuffix(o, "/") && strings.HasPrefix(s.path, o) {
					return true
				}
			}
			return false
		}(); listed {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			c, ok := n.(*ast.CallExpr)
			if !ok || len(c.Args) != 0 {
				return true
			}
			if sel, ok := c.Fun.(*ast.SelectorExpr); ok && (sel.Sel.Name == "Retain" || sel.Sel.Name == "Release") {
				t.Errorf("%s calls %s: the scope owns memory; only the doors to embedders and files may", s.path, sel.Sel.Name)
			}
			return true
		})
	}
	for dir, one := range packages {
		if !documented[dir] {
			t.Errorf("package %q (%s) has no package comment; write its doc.go", dir, one)
		}
	}
}

// TestNoMachinePaths keeps paths of a developer's machine out of the project.
func TestNoMachinePaths(t *testing.T) {
	bad := []string{"/wo" + "rk/", "/ho" + "me/"}
	for _, s := range sources(t) {
		f, err := os.Open(s.path)
		require.NoError(t, err)
		sc := bufio.NewScanner(f)
		sc.Buffer(nil, 1<<20)
		for n := 1; sc.Scan(); n++ {
			for _, b := range bad {
				if strings.Contains(sc.Text(), b) {
					t.Errorf("%s:%d has the path %s", s.path, n, b)
				}
			}
		}
		require.NoError(t, sc.Err())
		require.NoError(t, f.Close())
	}
}
