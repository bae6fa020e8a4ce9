package main

import (
	"slices"
	"testing"

	"github.com/adrastea-kernel/adrastea/rkernel"
)

func TestEachRHasANameOfItsOwn(t *testing.T) {
	var rs []*rkernel.Installation
	for _, r := range [][2]string{
		{"4.4.1", "/usr/bin/R"}, {"4.2.2", "/opt/R/4.2.2/bin/R"}, {"4.4.1", "/home/x/envs/my env/bin/R"},
		{"4.4.1", "/opt/other/my env/bin/R"}, {"4.2.2", "/統/bin/R"},
	} {
		rs = append(rs, &rkernel.Installation{Version: r[0], Path: r[1]})
	}
	want := []naming{
		{"adrastea", "R 4.4.1 (Adrastea)"},
		{"adrastea-4.2.2", "R 4.2.2 (Adrastea)"},
		{"adrastea-4.4.1-my-env", "R 4.4.1 (Adrastea, my env)"},
		{"adrastea-4.4.1-my-env-2", "R 4.4.1 (Adrastea, my env, 2)"},
		{"adrastea-4.2.2-2", "R 4.2.2 (Adrastea, 統, 2)"},
	}
	if got := nameAll("adrastea", rs); !slices.Equal(got, want) {
		t.Errorf("nameAll() = %q, want %q", got, want)
	}
}
