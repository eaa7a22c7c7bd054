package vec

// Appending many rows at once: the caller writes the values where they will
// stand, and then says how many there are. A row that turns out to be NULL is
// written as zero, appended with the others and made NULL by SetNull.

// Extend gives room for n more rows of a fixed-width kind; T must be its Go
// type. [Builder.Filled] appends what was written.
func Extend[T Fixed](b *Builder, n int) []T {
	b.makeRoom(n)
	return cast[T](b.buf)[b.N : b.N+n]
}

// ExtendText gives room for n more rows of a STRING or BYTES column with at most
// size bytes between them: where the values end, and the unused tail, at least
// size bytes, that they are written to. from is the end of the last row.
// [Builder.FilledText] appends what was written.
func (b *Builder) ExtendText(n, size int) (ends []int32, from int32, tail []byte) {
	b.makeRoom(n)
	tail = b.Reserve(size)
	return b.off[b.N+1 : b.N+1+n], int32(len(b.data)), tail
}

// ExtendTexts is ExtendText for callers that write texts where they will stand,
// looking for their ends: text r of the new ones is data[ends[r]:ends[r+1]], and
// ends[0] is there already. data has room for size bytes more.
func (b *Builder) ExtendTexts(n, size int) (ends []int32, data []byte) {
	b.makeRoom(n)
	b.Reserve(size)
	return b.off[b.N : b.N+1+n], b.data[:cap(b.data)]
}

// Fits tells whether a STRING or BYTES column may hold size bytes more.
func (b *Builder) Fits(size int) bool { return size <= b.sc.pool.maxData-len(b.data) }

// Filled appends the n rows written into the room that Extend gave.
func (b *Builder) Filled(n int) { b.markValid(n) }

// FilledText appends the n rows and the bytes written into the room that
// ExtendText gave.
func (b *Builder) FilledText(n, size int) {
	b.data = b.data[:len(b.data)+size]
	b.markValid(n)
}

// SetNull makes a row NULL that was appended as zero or empty.
func (b *Builder) SetNull(row int) {
	if b.valid == nil {
		b.allValid()
	}
	b.valid.Clear(row)
}

func (b *Builder) makeRoom(n int) {
	for b.room-b.N < n {
		b.grow()
	}
}

func (b *Builder) allValid() {
	b.valid = b.sc.Bytes(BitmapBytes(b.room))
	for i := range b.valid {
		b.valid[i] = 0xFF
	}
}
