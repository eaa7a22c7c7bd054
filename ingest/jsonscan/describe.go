package jsonscan

import (
	"errors"
	"fmt"
)

// ErrEnd says that the text ended inside a value.
var ErrEnd = errors.New("JSON ends too early: a value is not complete")

// ErrUTF8 says that a record is not UTF-8.
var ErrUTF8 = errors.New("JSON is not valid UTF-8")

// Describe says in words what is wrong at the byte where scanning broke off.
func Describe(buf []byte, at int) error {
	if at >= len(buf) {
		return ErrEnd
	}
	c := buf[at]
	depth, inString := 0, false
	for i := 0; i < at; i++ {
		switch b := buf[i]; {
		case inString && b == '\\':
			i++
		case b == '"':
			inString = !inString
		case inString:
		case b == '{' || b == '[':
			depth++
		case b == '}' || b == ']':
			depth--
		}
	}
	switch {
	case inString && c < 0x20:
		return fmt.Errorf("JSON has the control byte 0x%02X unescaped in a string at byte %d", c, at)
	case inString && c == '\\':
		return fmt.Errorf("JSON has a bad escape %q at byte %d", buf[at:min(at+6, len(buf))], at)
	case !inString && (c == '{' || c == '[') && depth >= MaxDepth:
		return fmt.Errorf("JSON nests deeper than %d levels at byte %d", MaxDepth, at)
	case c < 0x20 || c >= 0x7F:
		return fmt.Errorf("JSON is not valid: unexpected byte 0x%02X at byte %d", c, at)
	}
	return fmt.Errorf("JSON is not valid: unexpected %q at byte %d", c, at)
}
