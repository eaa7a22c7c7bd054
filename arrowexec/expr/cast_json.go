package expr

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
)

// appendJSON reads JSON text as one row of a nested type.
func appendJSON(b *vec.Builder, s []byte, t arrow.DataType) error {
	d := json.NewDecoder(bytes.NewReader(s))
	var raw json.RawMessage
	if err := d.Decode(&raw); err != nil || d.More() || len(bytes.TrimSpace(s[d.InputOffset():])) > 0 {
		return fmt.Errorf("cannot cast STRING %.80q to %s: no JSON", s, TypeName(t))
	}
	return appendJSONValue(b, raw, t)
}

func appendJSONValue(b *vec.Builder, raw json.RawMessage, t arrow.DataType) error {
	raw = bytes.TrimSpace(raw)
	if string(raw) == "null" {
		b.Null()
		return nil
	}
	mismatch := func() error { return fmt.Errorf("cannot cast JSON %.80q to %s", raw, TypeName(t)) }
	switch k := vec.KindOf(t); k {
	case vec.List:
		var items []json.RawMessage
		if json.Unmarshal(raw, &items) != nil {
			return mismatch()
		}
		for _, item := range items {
			if err := appendJSONValue(b.Children[0], item, b.Children[0].Type); err != nil {
				return err
			}
		}
		b.EndList()
	case vec.Map, vec.Struct:
		keys, vals, ok := jsonMembers(raw)
		if !ok {
			return mismatch()
		}
		if k == vec.Map {
			for i, key := range keys {
				if err := appendCast(b.Children[0], StringConst(key).One, 0, b.Children[0].Type); err != nil {
					return err
				}
				if err := appendJSONValue(b.Children[1], vals[i], b.Children[1].Type); err != nil {
					return err
				}
			}
			b.EndList()
			return nil
		}
		for f, child := range b.Children {
			at := -1
			for i, key := range keys {
				if key == t.(*arrow.StructType).Field(f).Name {
					at = i
				}
			}
			if at < 0 {
				child.Null()
				continue
			}
			if err := appendJSONValue(child, vals[at], child.Type); err != nil {
				return err
			}
		}
		b.EndStruct()
	default:
		s := string(raw)
		if raw[0] == '"' {
			if json.Unmarshal(raw, &s) != nil {
				return mismatch()
			}
		}
		if k == vec.Binary && raw[0] == '"' {
			return appendBase64(b, s, mismatch)
		}
		return appendCast(b, StringConst(s).One, 0, t)
	}
	return nil
}

// jsonMembers lists the members of an object in order; of duplicates the last
// value, at the first place.
func jsonMembers(raw []byte) (keys []string, vals []json.RawMessage, ok bool) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if tok, err := d.Token(); err != nil || tok != json.Delim('{') {
		return nil, nil, false
	}
	seen := map[string]int{}
	for d.More() {
		tok, err := d.Token()
		key, isKey := tok.(string)
		var v json.RawMessage
		if err != nil || !isKey || d.Decode(&v) != nil {
			return nil, nil, false
		}
		if at, dup := seen[key]; dup {
			vals[at] = v
			continue
		}
		seen[key] = len(keys)
		keys, vals = append(keys, key), append(vals, v)
	}
	return keys, vals, true
}

// appendBase64 reads BYTES as the text form writes them inside JSON.
func appendBase64(b *vec.Builder, s string, mismatch func() error) error {
	x, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return mismatch()
	}
	b.Bytes(x)
	return nil
}
