package file

import (
	"os"
	"strings"

	"github.com/velostream/velo/ingest"
)

// formats names the formats that the keys of a source choose: by the key format, else
// by the extension of its path, if that has one.
func formats(p ingest.Props) (names []string, known bool) {
	path := p.Peek("path")
	form := strings.ToLower(p.Peek("format"))
	ext, _ := splitExt(path)
	switch {
	case form == "capture" || form == "" && (path == "-" || ext == "capture" || strings.EqualFold(p.Peek("envelope"), "capture") && !isIPC(ext)):
		form = "json"
	case form == "" && isIPC(ext): // one that is a capture has payloads
		return []string{ext, "json"}, true
	case form == "":
		form = ext
	}
	if form == "" || strings.ContainsAny(form, "*?[]{}") {
		return nil, false
	}
	if p.Peek("format") == "" { // the files of a folder have formats of their own, whatever it is called
		if i, err := os.Stat(path); err == nil && i.IsDir() {
			return nil, false
		}
	}
	if a := aliases[form]; a != "" {
		form = a
	}
	return []string{form}, true
}

// Written names the formats that the keys of a sink choose.
func Written(p ingest.Props) (names []string, known bool) {
	path := p.Peek("path")
	form := strings.ToLower(p.Peek("format"))
	ext, _ := splitExt(path)
	switch {
	case form == "" && (path == "-" || ext == ""):
		form = "json"
	case form == "":
		form = ext
	}
	if form == "capture" {
		if form = strings.ToLower(p.Peek("payload.format")); form == "" {
			form = "json"
		}
	}
	if a := aliases[form]; a != "" {
		form = a
	}
	return []string{form}, true
}
