package agg

// AnyOrder tells that rows may come to a state in any order, whatever their sequence numbers,
// as where several pipelines give it rows. DISTINCT passes on the row that came first.
func AnyOrder(s State) bool {
	if d, is := s.(*distinct); is {
		return commutes(d.inner)
	}
	switch s.(type) {
	case *ends, *extreme, *keeper:
		return true
	}
	return commutes(s)
}

// commutes tells that it does not matter to a state in which order rows stand.
func commutes(s State) bool {
	switch s.(type) {
	case *count, *integers[int8], *integers[int16], *integers[int32], *integers[int64], *floats[float32], *floats[float64],
		*decimals, *moments, *bools, *bitsets:
		return true
	}
	return false
}
