package vec

// Size is the memory in bytes that the values of a column take, shared
// dictionaries included.
func (v *Vec) Size() int64 {
	n := int64(len(v.Buf) + len(v.Valid) + 4*len(v.Offsets))
	if len(v.Offsets) > 0 && len(v.Data) > 0 { // the text may be a part of what others share
		n += int64(v.Offsets[len(v.Offsets)-1] - v.Offsets[0])
	}
	for _, c := range v.Children {
		n += c.Size()
	}
	if v.Dict != nil {
		n += v.Dict.Size()
	}
	return n
}
