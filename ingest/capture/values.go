package capture

import (
	"encoding/base64"
	"errors"

	"github.com/velostream/velo/ingest/jsonscan"
)

// bytes gives what a key or payload holds: the text of a string, nil for null,
// the JSON text of anything else, or what the base64 form stands for.
func (r *Records) bytes(e *envelope, plain, b64 span) ([]byte, error) {
	if b64.to > 0 && e.buf[b64.from] != 'n' {
		return r.decode64(e, b64)
	}
	if plain.to == 0 || e.buf[plain.from] == 'n' {
		return nil, nil
	}
	if e.buf[plain.from] != '"' {
		return e.buf[plain.from:plain.to:plain.to], nil
	}
	if end := jsonscan.StringEnd(e.buf, plain.from+1); end == plain.to-1 {
		return e.buf[plain.from+1 : end : end], nil
	}
	to := r.room(plain.to - plain.from + jsonscan.UnescapeRoom) // unescaping never makes longer, but writes whole words
	out, _ := jsonscan.Unescape(to, e.buf, plain.from)
	return r.took(out), nil
}

var errBase64 = errors.New("it is no base64 text")

func (r *Records) decode64(e *envelope, v span) ([]byte, error) {
	s, ok := e.textOf(v)
	if !ok {
		return nil, errBase64
	}
	to := r.room(base64.StdEncoding.DecodedLen(len(s)) + 3)
	n, err := base64.StdEncoding.Decode(to[:cap(to)], s)
	if err != nil {
		if n, err = base64.RawStdEncoding.Decode(to[:cap(to)], s); err != nil {
			return nil, errBase64
		}
	}
	return r.took(to[:n]), nil
}

// room gives an empty slice with room for n bytes that outlives the scan.
func (r *Records) room(n int) []byte {
	if cap(r.arena)-len(r.arena) < n {
		r.arena = r.Scope.Bytes(max(n, 1<<16))[:0]
	}
	return r.arena[len(r.arena):len(r.arena)]
}

// took keeps the first bytes of the room given last.
func (r *Records) took(out []byte) []byte {
	r.arena = r.arena[:len(r.arena)+len(out)]
	return out[:len(out):len(out)]
}

var errHeaders = errors.New("they must be a list of keys and values in turn")

// headers reads the flat list of keys and values; headers_base64 is the whole
// list again, with values as base64.
func (r *Records) headers(e *envelope) error {
	list, b64 := e.headers, false
	if e.headers64.to > 0 && e.buf[e.headers64.from] != 'n' {
		list, b64 = e.headers64, true
	}
	if list.to == 0 || e.buf[list.from] == 'n' {
		return nil
	}
	if e.buf[list.from] != '[' {
		return errHeaders
	}
	i := jsonscan.Blank(e.buf, list.from+1)
	for e.buf[i] != ']' {
		v, next := r.item(e, i)
		if e.buf[i] != '"' || e.buf[next] != ',' {
			return errHeaders
		}
		key := v
		i = jsonscan.Blank(e.buf, next+1)
		value := span{i, jsonscan.Skip(e.buf, i, 0)}
		var val []byte
		var err error
		if b64 {
			val, err = r.bytes(e, span{}, value)
		} else {
			val, err = r.bytes(e, value, span{})
		}
		if err != nil {
			return err
		}
		r.Headers = append(r.Headers, header(key, val))
		if i = jsonscan.Blank(e.buf, value.to); e.buf[i] == ',' {
			i = jsonscan.Blank(e.buf, i+1)
		}
	}
	return nil
}

// item reads the value at i and gives the index of what follows it.
func (r *Records) item(e *envelope, i int) ([]byte, int) {
	end := jsonscan.Skip(e.buf, i, 0)
	v, _ := r.bytes(e, span{i, end}, span{})
	return v, jsonscan.Blank(e.buf, end)
}
