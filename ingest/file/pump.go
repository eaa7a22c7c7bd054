package file

import "io"

// The unpacked bytes of a container are held back by so many buffers until their
// checksum was reached: a container is found corrupt some way behind the damage, and
// what was unpacked in between is garbage.
const (
	pumpBytes = 256 << 10
	held      = 4
)

// pump unpacks, or reads a pipe, in a goroutine of its own, two buffers ahead.
type pump struct {
	full, free chan []byte
	stop       chan struct{}
	done       chan struct{}
	err        error // read after full was closed
	rest, cur  []byte
	live       bool
}

// newPump starts reading. open runs in the goroutine, for it may block. live
// passes on what has come instead of waiting for a full buffer; hold is how many
// buffers without a checksum are held back.
func newPump(open func() (io.ReadCloser, error), live bool, hold int) *pump {
	p := &pump{full: make(chan []byte, 2), free: make(chan []byte, 3), stop: make(chan struct{}), done: make(chan struct{}), live: live}
	go func() {
		defer close(p.done)
		defer close(p.full)
		r, err := open()
		if err == io.EOF { // not even a container's first bytes
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			p.err = err
			return
		}
		defer r.Close()
		check, _ := r.(interface{ verified() bool })
		var waiting [][]byte
		for err == nil {
			b := p.buffer()
			n, good := 0, false
			for n < pumpBytes && err == nil && !good {
				var k int
				k, err = r.Read(b[n:pumpBytes])
				n += k
				if live && n > 0 {
					break
				}
				good = hold > 0 && check != nil && check.verified()
			}
			waiting = append(waiting, b[:n])
			keep := hold
			switch {
			case good || err == io.EOF || err == io.ErrUnexpectedEOF: // a file that is cut has no garbage
				keep = 0
			case err != nil:
				waiting = nil
			}
			for len(waiting) > keep {
				select {
				case p.full <- waiting[0]:
				case <-p.stop:
					return
				}
				waiting = waiting[1:]
			}
		}
		p.err = err
	}()
	return p
}

// buffer gives one that was read, or a new one.
func (p *pump) buffer() []byte {
	select {
	case b := <-p.free:
		return b
	default:
		return make([]byte, pumpBytes)
	}
}

// Read copies out what has been unpacked.
func (p *pump) Read(dst []byte) (int, error) {
	for len(p.rest) == 0 {
		if p.cur != nil {
			select {
			case p.free <- p.cur[:cap(p.cur)]:
			default: // there are more than are needed
			}
			p.cur = nil
		}
		b, ok := <-p.full
		if !ok {
			return 0, p.err
		}
		p.cur, p.rest = b, b
	}
	n := copy(dst, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// Close ends the goroutine; one that hangs in a pipe ends with its next read.
func (p *pump) Close() error {
	select {
	case <-p.stop:
		return nil
	default:
	}
	close(p.stop)
	if !p.live {
		<-p.done
	}
	return nil
}
