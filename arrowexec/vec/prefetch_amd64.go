package vec

// prefetch asks for lines of the cache and does not wait for them. Go has no such statement
// for libraries; loads would have to be waited for.
//
//go:noescape
func prefetch(b []byte)
