package expr

// HeaderEdits collects what SET_HEADER and REMOVE_HEADER in a SELECT list do to
// the headers of each output row. Edits are in the order of evaluation: item by
// item, and within an item by row; the projection that owns the list applies
// those of one row in that order.
type HeaderEdits struct {
	Edits []HeaderEdit
}

// HeaderEdit sets (Value may be nil for a null value) or removes all headers of
// a key in one row. The bytes are borrowed from the batch's scope.
type HeaderEdit struct {
	Row    int32
	Key    []byte
	Value  []byte
	Remove bool
}

// Reset forgets all edits.
func (h *HeaderEdits) Reset() { h.Edits = h.Edits[:0] }
