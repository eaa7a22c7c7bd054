package recordbatch

// lz4Pair bounds the batches that are unpacked two at once: of greater ones one alone is
// more than the cache holds.
const lz4Pair = 1 << 20

// lz4Run is frames that are unpacked into a place of their own.
type lz4Run struct {
	frames lz4Frames
	lz4Stream
	room  []byte // the place; what it holds begins at from
	from  int
	start int // of the frame
}

func newLz4Run(src, dst []byte, from, to int) lz4Run {
	r := lz4Run{frames: lz4Frames{in: src}, room: dst[:to:to], from: from, start: from}
	r.at = from
	return r
}

// next goes to the next block that has something to unpack; ok is false at the end, and
// where it does not work out.
func (r *lz4Run) next() (more, ok bool) {
	for r.ended() {
		block, packed, first, err := r.frames.next()
		if err != nil || block == nil {
			return false, err == nil
		}
		if first {
			r.start = r.at
		}
		if !packed {
			if len(block) > len(r.room)-r.at {
				return false, false
			}
			r.at += copy(r.room[r.at:], block)
			continue
		}
		r.src, r.pos, r.low = block, 0, r.frames.low(r.start, r.at)
		r.dst = r.room[:min(len(r.room), r.at+r.frames.most)]
	}
	return true, true
}

// rest unpacks what is left.
func (r *lz4Run) rest() bool {
	for {
		more, ok := r.next()
		if !more {
			return ok
		}
		if r.run() != nil {
			return false
		}
	}
}

// unlz4Two unpacks two batches at once behind dst; between them is room that the first did
// not need. It gives where the first ends and the second begins. Where it cannot, it has done
// nothing, and each alone tells why.
func (d *Decoder) unlz4Two(dst, first, second []byte) (out []byte, end, begin int, ok bool) {
	at := len(dst)
	begin = at + d.lz4Room(len(first))
	to := begin + d.lz4Room(len(second))
	dst = grow(dst, to)
	a, b := newLz4Run(first, dst, at, begin), newLz4Run(second, dst, begin, to)
	for {
		moreA, okA := a.next()
		moreB, okB := b.next()
		if !okA || !okB {
			return dst[:at], 0, 0, false
		}
		if !moreA || !moreB {
			break
		}
		lz4Two(&a.lz4Stream, &b.lz4Stream)
		if a.step() != nil || b.step() != nil {
			return dst[:at], 0, 0, false
		}
	}
	if !a.rest() || !b.rest() {
		return dst[:at], 0, 0, false
	}
	d.shrank = 16*(b.at-begin)/max(len(second), 1) + 1
	return dst[:b.at], a.at, begin, true
}
