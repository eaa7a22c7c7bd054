package planner

import (
	"errors"
	"fmt"
	"strings"

	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
)

// checkValues reports what a connector has against the values of its keys: where the
// statement has the key, which the message names, else at the place of the source or
// sink. What came from flags and YAML files is an error of the command. The result is
// whether nothing is wrong.
func (c *compiler) checkValues(what, name string, keys *keyset, at ast.Pos, err error) bool {
	if err == nil {
		return true
	}
	for _, e := range each(err) {
		key, given := keyOf(keys, e.Error())
		place := keys.at[key]
		switch {
		case key == "" && !pathGiven(keys):
			place = at
		case !place.Valid():
			if c.usage == nil {
				c.usage = ingest.Usage(fmt.Errorf("%s %q: %w", what, name, e))
			}
			continue
		}
		kind, text := diag.Value, e.Error()
		if strings.HasPrefix(text, "missing key ") {
			kind = diag.MissingKey
		}
		if given != key {
			text = strings.ReplaceAll(text, `key "`+key+`"`, `key "`+given+`"`)
		}
		c.errs.Add(diag.Errorf(kind, c.o.Source, place, "%s %q: %s", what, name, text))
	}
	return false
}

// each is the errors that one joins.
func each(err error) []error {
	var list interface{ Unwrap() []error }
	if !errors.As(err, &list) {
		return []error{err}
	}
	var out []error
	for _, e := range list.Unwrap() {
		out = append(out, each(e)...)
	}
	return out
}

// keyOf is the key that a message names first, and how it was written; "": it names
// none that is set.
func keyOf(keys *keyset, text string) (key, given string) {
	first := len(text)
	for _, p := range keys.props.All() {
		for _, form := range []string{`"` + p.Key + `"`, p.Key + "="} {
			if i := strings.Index(text, form); i >= 0 && i < first {
				first, key = i, p.Key
			}
		}
	}
	given = key
	if w, ok := keys.written[key]; ok {
		given = w
	}
	return key, given
}
