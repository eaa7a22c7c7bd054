package recordbatch

// Records are those of one batch that is being written, as the log will have them.
type Records struct {
	Bytes   []byte
	N       int
	First   int64 // time of the first record, in ms
	MaxTime int64
}

// Reset forgets the records and keeps their memory.
func (r *Records) Reset() { *r = Records{Bytes: r.Bytes[:0]} }

// Size is how many bytes a batch has before it is compressed, with one more record of so
// many bytes in key, value and headers: the most that it may come to.
func (r *Records) Size(bytes int) int { return headerSize + len(r.Bytes) + bytes + recordMost }

// recordMost bounds what a record has besides its key, value and headers: a length, a
// byte of attributes, its time and offset, and the lengths of key and value.
const recordMost = 5 + 1 + 10 + 5 + 5 + 5

// Append adds a record. A key or value that is nil is NULL; headers are their number and
// the headers as [AppendHeader] writes them, or nil for none. The bytes are copied.
func (r *Records) Append(time int64, key, value, headers []byte) {
	if r.N == 0 {
		r.First, r.MaxTime = time, time
	}
	r.MaxTime = max(r.MaxTime, time)
	dt, delta := zig(time-r.First), zig(int64(r.N))
	size := 2 + varsize(dt) + varsize(delta)
	k, v := uint64(1), uint64(1) // -1
	if key != nil {
		k = zig(int64(len(key)))
		size += varsize(k) - 1 + len(key)
	}
	if value != nil {
		v = zig(int64(len(value)))
		size += varsize(v) - 1 + len(value)
	}
	size++
	if headers == nil {
		size++
	} else {
		size += len(headers)
	}
	out := put(r.Bytes, zig(int64(size)))
	out = append(out, 0)
	out = put(put(out, dt), delta)
	out = append(put(out, k), key...)
	out = append(put(out, v), value...)
	if headers == nil {
		out = append(out, 0)
	} else {
		out = append(out, headers...)
	}
	r.Bytes = out
	r.N++
}

// AppendHeaderCount begins the headers of a record.
func AppendHeaderCount(dst []byte, n int) []byte { return put(dst, zig(int64(n))) }

// AppendHeader adds a header of a record; a value that is nil is NULL.
func AppendHeader(dst, key, value []byte) []byte {
	dst = append(put(dst, zig(int64(len(key)))), key...)
	if value == nil {
		return append(dst, 1)
	}
	return append(put(dst, zig(int64(len(value)))), value...)
}

func zig(x int64) uint64 { return uint64(x<<1) ^ uint64(x>>63) }

// varsize is the length of a number of seven bits a byte.
func varsize(x uint64) int {
	n := 1
	for ; x > 0x7f; x >>= 7 {
		n++
	}
	return n
}

// put appends such a number. Most have one or two bytes: a record's parts are short.
func put(dst []byte, x uint64) []byte {
	if x < 1<<7 {
		return append(dst, byte(x))
	}
	if x < 1<<14 {
		return append(dst, byte(x)|0x80, byte(x>>7))
	}
	for ; x > 0x7f; x >>= 7 {
		dst = append(dst, byte(x)|0x80)
	}
	return append(dst, byte(x))
}
