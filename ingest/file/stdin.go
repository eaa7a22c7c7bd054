package file

import "io"

// stdin is standard input, read once: what is looked at before the scan, to
// find its format and columns, is kept and read again.
type stdin struct {
	r    io.Reader
	seen []byte
	err  error
}

// view reads from the start and keeps what it takes from the pipe.
type view struct {
	s  *stdin
	at int
}

func (v *view) Read(p []byte) (int, error) {
	if v.at == len(v.s.seen) {
		if v.s.err != nil {
			return 0, v.s.err
		}
		b := make([]byte, 64<<10)
		n, err := v.s.r.Read(b)
		v.s.seen = append(v.s.seen, b[:n]...)
		v.s.err = err
		if n == 0 {
			return 0, err
		}
	}
	n := copy(p, v.s.seen[v.at:])
	v.at += n
	return n, nil
}

func (v *view) Close() error { return nil }

// rest reads everything, for the scan: first what was kept.
func (s *stdin) rest() io.Reader {
	kept := s.seen
	s.seen = nil
	if s.err != nil {
		return io.MultiReader(&bytesReader{kept}, failing{s.err})
	}
	return io.MultiReader(&bytesReader{kept}, s.r)
}

type bytesReader struct{ b []byte }

func (r *bytesReader) Read(p []byte) (int, error) {
	if len(r.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.b)
	r.b = r.b[n:]
	return n, nil
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
