package file

import (
	"bufio"
	"io"

	"github.com/klauspost/compress/gzip"
)

// members reads the members of a gzip file one after the other and knows when it
// has reached the end of one, whose checksum is then known to be right.
type members struct {
	z    *gzip.Reader
	r    *bufio.Reader
	good bool
}

func newMembers(r io.Reader) (*members, error) {
	br := bufio.NewReaderSize(r, 64<<10)
	z, err := gzip.NewReader(br)
	if err != nil {
		return nil, err
	}
	z.Multistream(false)
	return &members{z: z, r: br}, nil
}

// Read gives nothing, and no error, where one member ends and the next begins.
func (m *members) Read(p []byte) (int, error) {
	n, err := m.z.Read(p)
	if m.good = err == io.EOF; !m.good || n > 0 {
		if err == io.EOF {
			err = nil // the next Read finds the end again
		}
		return n, err
	}
	if _, err := m.r.Peek(1); err == io.EOF {
		return 0, io.EOF
	}
	if err := m.z.Reset(m.r); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return 0, err
	}
	m.z.Multistream(false)
	return 0, nil
}

// verified tells that a checksum stands for all bytes read so far.
func (m *members) verified() bool { return m.good }

func (m *members) Close() error { return m.z.Close() }
