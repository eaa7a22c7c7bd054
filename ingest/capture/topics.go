package capture

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// interned are the topics seen, each as one string.
type interned struct {
	last string
	all  map[string]string
}

func (t *interned) of(topic []byte) string {
	if t.last == string(topic) {
		return t.last
	}
	s, ok := t.all[string(topic)]
	if !ok {
		s = string(topic)
		if t.all == nil {
			t.all = map[string]string{}
		}
		t.all[s] = s
	}
	t.last = s
	return s
}

// header borrows the key's bytes.
func header(key, value []byte) arrowexec.Header {
	return arrowexec.Header{Key: vec.Text(key), Value: value}
}
