// Command checkprogram looks at a program that is to run in a function of AWS Lambda: it has to be for Linux on that machine, and
// static. "make lambda FFMPEG=path" asks it.
package main

import (
	"flag"
	"fmt"
	"os"

	"shoebox/internal/aws/stack"
)

func main() {
	arch := flag.String("arch", "arm64", "`GOARCH` of the functions: arm64 or amd64")
	flag.Parse()
	if err := stack.CheckStatic(flag.Arg(0), *arch); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v: give a static ffmpeg for Linux on %s\n", flag.Arg(0), err, *arch)
		os.Exit(1)
	}
}
