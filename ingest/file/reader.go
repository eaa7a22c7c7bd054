package file

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/velostream/velo/ingest"
)

// reader gives the unpacked bytes of one file, or of a range of it, from the
// first byte after a byte order mark on.
type reader struct {
	in    *input
	read  atomic.Int64 // bytes read of the file as it is stored
	file  io.Closer
	r     io.Reader // unpacked
	pump  *pump
	live  bool // a pipe: Read gives what has come
	head  []byte
	start bool
}

var errUTF16 = errors.New("the text is UTF-16, and velo reads UTF-8; convert it first, for example with: iconv -f UTF-16 -t UTF-8")

// openReader opens bytes [from, to) of a file; to < 0 is its end. Bytes of a
// container without a checksum are held back by so many buffers, see [pump].
func openReader(in *input, from, to int64, hold int) (*reader, error) {
	r := &reader{in: in, start: from == 0}
	if in.stdin != nil {
		r.live = true
		src := counter{in.stdin.rest(), &r.read}
		r.pump = newPump(func() (io.ReadCloser, error) { return unpack(in.codec, src) }, true, 0)
		r.r = r.pump
		return r, nil
	}
	f, err := in.open()
	if err != nil {
		return nil, err
	}
	r.file = f
	var src io.Reader = f
	if o, ok := f.(*os.File); ok && (from > 0 || to >= 0) {
		if to < 0 {
			to = in.size
		}
		src = io.NewSectionReader(o, from, to-from)
	}
	r.live = in.disk == nil && in.size == 0
	src = counter{src, &r.read}
	if in.codec == "" {
		r.r = src
		return r, nil
	}
	r.pump = newPump(func() (io.ReadCloser, error) { return unpack(in.codec, src) }, false, hold)
	r.r = r.pump
	return r, nil
}

// Read reads unpacked bytes. The error is io.EOF at a proper end only.
func (r *reader) Read(p []byte) (int, error) {
	if r.start {
		if err := r.begin(); err != nil {
			return 0, err
		}
	}
	if len(r.head) > 0 {
		n := copy(p, r.head)
		r.head = r.head[n:]
		return n, nil
	}
	n, err := r.r.Read(p)
	if err != nil && err != io.EOF {
		err = r.broken(err)
	}
	return n, err
}

func (r *reader) broken(err error) error {
	if r.in.codec != "" {
		return brokenError(r.in.path, r.in.codec, r.read.Load(), r.in.size, err)
	}
	return fmt.Errorf("%s: reading at byte %d: %w", r.in.path, r.read.Load(), err)
}

// begin reads the first bytes and drops a byte order mark.
func (r *reader) begin() error {
	r.start = false
	head := make([]byte, 4)
	n := 0
	var err error
	for n < len(head) && err == nil {
		var k int
		k, err = r.r.Read(head[n:])
		n += k
		if n > 0 && !bytes.HasPrefix([]byte("\xef\xbb\xbf"), head[:min(n, 3)]) && head[0] != 0xfe && head[0] != 0xff {
			break // no mark: do not wait for more
		}
	}
	head = head[:n]
	if err != nil && err != io.EOF {
		return r.broken(err)
	}
	r.head, err = withoutMark(r.in, head)
	return err
}

// withoutMark takes the mark off the first bytes of a file.
func withoutMark(in *input, head []byte) ([]byte, error) {
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		return nil, ingest.Usage(fmt.Errorf("%s: %w", in.path, errUTF16))
	}
	return bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), nil
}

// Close ends reading.
func (r *reader) Close() error {
	if r.file == nil && r.pump == nil {
		return nil
	}
	var err error
	if r.pump != nil {
		err = r.pump.Close()
	}
	if r.file != nil {
		if cerr := r.file.Close(); err == nil && !errors.Is(cerr, os.ErrClosed) {
			err = cerr
		}
	}
	r.file, r.pump = nil, nil
	return err
}

// peek gives up to n unpacked bytes of the start of a file; fewer when it is
// shorter or broken, whose error the scan will report.
func peek(in *input, n int) ([]byte, error) {
	v, err := lookAt(in)
	if err != nil {
		return nil, err
	}
	defer v.Close()
	b := make([]byte, n)
	k := 0
	for k < n {
		m, err := v.Read(b[k:])
		k += m
		if errors.Is(err, ingest.ErrUsage) {
			return nil, err
		}
		if err != nil || in.stdin != nil && bytes.IndexByte(b[:k], '\n') >= 0 {
			break
		}
	}
	return b[:k], nil
}

// lookAt opens a file for looking at it before the scan.
func lookAt(in *input) (*reader, error) {
	if in.stdin == nil {
		return openReader(in, 0, -1, 0)
	}
	r := &reader{in: in, start: true}
	v := &view{s: in.stdin}
	if in.codec == "" {
		r.r = counter{v, &r.read}
		return r, nil
	}
	u, err := unpack(in.codec, v)
	if err != nil {
		return nil, brokenError(in.path, in.codec, 0, 0, err)
	}
	r.r, r.file = u, u
	return r, nil
}
