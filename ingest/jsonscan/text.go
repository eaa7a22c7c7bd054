package jsonscan

import "bytes"

// Text is text that stands in many lines, with a mark in it that tells where it begins.
type Text struct {
	text  []byte
	off   int32 // of the mark
	words [4]uint64
	mask  uint64 // of a text shorter than a word
	block [64]byte
}

// NewText is the text whose mark stands off bytes behind its beginning.
func NewText(text []byte, off int) *Text {
	t := &Text{text: bytes.Clone(text), off: int32(off), mask: ^uint64(0)}
	n := len(text)
	copy(t.block[:], text)
	switch {
	case n < 8:
		t.words[0], t.mask = Word(t.block[:], 0), 1<<(8*n)-1
	case n <= 16:
		t.words = [4]uint64{Word(text, 0), Word(text, n-8)}
	case n <= 32:
		t.words = [4]uint64{Word(text, 0), Word(text, 8), Word(text, n-16), Word(text, n-8)}
	}
	return t
}

// texts are the arguments of sameTexts, which knows their places.
type texts struct {
	buf              *byte
	marks            *int32
	before, end, own *int32
	stride, n        int
	off, size        int
	bits             uint64
	block            [64]byte
	same             int
}

// Same tells how many of the first lines have the text, of which marks, every m of
// them, tell where it begins: not before the value in front of it. It notes where that
// value ends, and where the next begins. There are 64 bytes more in buf.
func (t *Text) Same(buf []byte, marks []int32, m int, before, end, next []int32) int {
	lines, n := len(before), int32(len(t.text))
	if lines == 0 {
		return 0
	}
	end, next = end[:lines], next[:lines]
	if hasQuoted && n <= 64 && int(marks[(lines-1)*m])+64 <= len(buf) { // half the time of the loops below
		c := texts{
			buf: &buf[0], marks: &marks[0], before: &before[0], end: &end[0], own: &next[0], stride: 4 * m, n: lines,
			off: int(t.off), size: int(n), bits: ^uint64(0) >> (64 - uint(n)), block: t.block,
		}
		sameTexts(&c)
		return c.same
	}
	return t.sameByWords(buf, marks, m, before, end, next)
}

func (t *Text) sameByWords(buf []byte, marks []int32, m int, before, end, next []int32) int {
	n := int32(len(t.text))
	w0, w1, w2, w3, off := t.words[0], t.words[1], t.words[2], t.words[3], t.off
	k := 0
	switch {
	case n <= 8:
		mask := t.mask
		for i, from := range before {
			at := marks[k] - off
			if k += m; at < from || Word(buf, int(at))&mask != w0 {
				return i
			}
			end[i], next[i] = at, at+n
		}
	case n <= 16:
		last := int(n - 8)
		for i, from := range before {
			at := marks[k] - off
			if k += m; at < from {
				return i
			}
			b := (*[16]byte)(buf[at:])
			if (Word(b[:], 0)^w0)|(Word(b[:], last&15)^w1) != 0 {
				return i
			}
			end[i], next[i] = at, at+n
		}
	case n <= 32:
		last := int(n - 16)
		for i, from := range before {
			at := marks[k] - off
			if k += m; at < from {
				return i
			}
			b := (*[32]byte)(buf[at:])
			c := (*[16]byte)(buf[int(at)+last:])
			if (Word(b[:], 0)^w0)|(Word(b[:], 8)^w1)|(Word(c[:], 0)^w2)|(Word(c[:], 8)^w3) != 0 {
				return i
			}
			end[i], next[i] = at, at+n
		}
	default:
		for i, from := range before {
			at := marks[k] - off
			if k += m; at < from || !bytes.HasPrefix(buf[at:], t.text) {
				return i
			}
			end[i], next[i] = at, at+n
		}
	}
	return len(before)
}
