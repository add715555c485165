package api

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"

	"handover/internal/cluster"
)

// This file is how AWS counts the rounds of a loop: the trace header that Lambda gives a function, and that an SDK within it sends with every call, has a
// lineage of the functions on the way with how often each was invoked. What AWS's own looks like is not published; clients hand it on as it is.

const lineageKey = "Lineage="

// Trace writes the trace header of an invocation.
func Trace(id string, lineage cluster.Lineage, functions []cluster.Function) string {
	var parts []string
	for _, f := range functions {
		if n := lineage[f.ARN]; n > 0 {
			parts = append(parts, mark(f.ARN)+":"+strconv.Itoa(n))
		}
	}
	digits := strings.ReplaceAll(id, "-", "")
	return fmt.Sprintf("Root=1-%s-%s;Parent=%s;Sampled=0;%s%s", digits[:8], digits[8:32], digits[16:32], lineageKey, strings.Join(parts, "|"))
}

// mark stands for a function in a lineage.
func mark(arn string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(arn)) // never fails
	return fmt.Sprintf("%08x", h.Sum32())
}

// LineageIn reads the lineage in the trace header of a call; what is no lineage is none.
func LineageIn(v View, trace string) cluster.Lineage {
	for part := range strings.SplitSeq(trace, ";") {
		text, ok := strings.CutPrefix(part, lineageKey)
		if !ok {
			continue
		}
		counts := map[string]int{}
		for one := range strings.SplitSeq(text, "|") {
			name, count, _ := strings.Cut(one, ":")
			if n, err := strconv.Atoi(count); err == nil && n > 0 {
				counts[name] = n
			}
		}
		return named(v, counts)
	}
	return nil
}

// named gives the lineage with the functions' ARNs in the place of their marks.
func named(v View, counts map[string]int) cluster.Lineage {
	lineage := cluster.Lineage{}
	for _, f := range v.World.Functions() {
		if n := counts[mark(f.ARN)]; n > 0 {
			lineage[f.ARN] = n
		}
	}
	if len(lineage) == 0 {
		return nil
	}
	return lineage
}
