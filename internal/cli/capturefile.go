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
)

// captureFile is a file that appears under its name when it is complete.
type captureFile struct {
	io.Writer
	path, temp string
	pack       io.Closer // nil: not compressed
	buf        *bufio.Writer
	file       *os.File // nil: standard output
}

func createCapture(stdout io.Writer, path string) (*captureFile, error) {
	if path == "-" {
		return &captureFile{Writer: stdout}, nil
	}
	if err := captureName(path); err != nil {
		return nil, err
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
	c.Writer = c.buf
	if w != nil {
		c.Writer, c.pack = w, w
	}
	return c, nil
}

// close ends the file; without commit it is removed.
func (c *captureFile) close(commit bool) error {
	if c.file == nil {
		return nil
	}
	var err error
	if c.pack != nil {
		err = c.pack.Close()
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
