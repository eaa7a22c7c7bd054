package cli

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/velostream/velo/ingest/capture"
	"github.com/velostream/velo/ingest/captureipc"
)

// captureFile is a file that appears under its name when it is complete.
type captureFile struct {
	w          io.Writer
	path, temp string
	ipc        *captureipc.Writer // nil: lines of JSON
	lines      []byte
	pack       io.Closer // nil: not compressed
	buf        *bufio.Writer
	file       *os.File // nil: standard output
	bytes      int64    // before compression
}

// Write counts what goes into the file.
func (c *captureFile) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.bytes += int64(n)
	return n, err
}

// append writes one record.
func (c *captureFile) append(r *capture.Record) error {
	if c.ipc != nil {
		return c.ipc.Append(r)
	}
	if c.lines = capture.AppendRecord(c.lines, r); len(c.lines) >= 256<<10 {
		return c.flush()
	}
	return nil
}

// flush writes what is held.
func (c *captureFile) flush() error {
	if c.ipc != nil {
		return c.ipc.Flush()
	}
	_, err := c.Write(c.lines)
	c.lines = c.lines[:0]
	return err
}

// captureForm tells how a capture is written: as lines of JSON, or as Arrow IPC.
func captureForm(path string) (ipc, file bool, err error) {
	name := strings.ToLower(path)
	for _, ext := range []string{".gz", ".zst", ".lz4", ".sz", ".snappy"} {
		name = strings.TrimSuffix(name, ext)
	}
	switch ext := filepath.Ext(name); ext {
	case ".arrows", ".arrow":
		return true, ext == ".arrow", nil
	case ".parquet", ".csv", ".tsv":
		return false, false, usage("capture writes lines of JSON, or Arrow IPC; for %s files query it: name it .jsonl or .arrows", ext)
	}
	return false, false, nil
}

func createCapture(stdout io.Writer, path string) (*captureFile, error) {
	if path == "-" {
		return &captureFile{w: stdout}, nil
	}
	ipc, whole, err := captureForm(path)
	if err != nil {
		return nil, err
	}
	if i, err := os.Stat(path); err == nil && i.IsDir() {
		return nil, usage("writing %s: it is a folder; name a file", path)
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return nil, usage("writing %s: %v", path, err)
	}
	c := &captureFile{path: path, temp: file.Name(), file: file, buf: bufio.NewWriterSize(file, 256<<10)}
	var w io.WriteCloser
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".gz":
		w = gzip.NewWriter(c.buf)
	case ".zst":
		if w, err = zstd.NewWriter(c.buf); err != nil {
			return nil, errors.Join(err, c.close(false))
		}
	case ".lz4":
		w = lz4.NewWriter(c.buf)
	case ".sz", ".snappy":
		w = snappy.NewBufferedWriter(c.buf)
	}
	c.w = c.buf
	if w != nil {
		c.w, c.pack = w, w
	}
	if ipc {
		if c.ipc, err = captureipc.NewWriter(c, whole); err != nil {
			return nil, errors.Join(err, c.close(false))
		}
	}
	return c, nil
}

// close ends the file; without commit it is removed.
func (c *captureFile) close(commit bool) error {
	if c.file == nil {
		return nil
	}
	var err error
	if c.ipc != nil {
		err = c.ipc.Close()
	}
	if c.pack != nil {
		err = errors.Join(err, c.pack.Close())
	}
	err = errors.Join(err, c.buf.Flush())
	if commit && err == nil {
		// Temporary files are private; the result follows the usual mask.
		err = errors.Join(c.file.Chmod(0o644), c.file.Sync())
	}
	err = errors.Join(err, c.file.Close())
	if commit && err == nil {
		if err = os.Rename(c.temp, c.path); err == nil {
			return nil
		}
	}
	return errors.Join(err, os.Remove(c.temp))
}
