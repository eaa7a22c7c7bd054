package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"
)

// TestManualCommands runs the shell commands of docs/sql.md over its files; none
// may fail.
func TestManualCommands(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "sql.md"))
	require.NoError(t, err)
	var script, files strings.Builder
	commands := 0
	for _, block := range strings.Split(string(page), "\n```")[1:] {
		info, body, _ := strings.Cut(block, "\n")
		words := strings.Fields(info)
		switch {
		case len(words) == 1 && words[0] == "sh":
			for _, line := range strings.Split(strings.TrimSpace(body), "\n") {
				script.WriteString("exec sh -c '" + strings.ReplaceAll(line, "'", "''") + "'\n")
				commands++
			}
		case len(words) == 2 && (words[0] == "jsonl" || words[0] == "csv") && !strings.HasPrefix(words[1], "out/"):
			files.WriteString("-- " + words[1] + " --\n" + strings.TrimSuffix(body, "\n") + "\n")
		}
	}
	require.Greater(t, commands, 3)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "manual.txtar"), []byte(script.String()+files.String()), 0o666))
	testscript.Run(t, testscript.Params{Dir: dir, RequireExplicitExec: true})
}
