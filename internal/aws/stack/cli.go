package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
)

// A CLI runs the AWS command line, "aws", version 1 or 2.
type CLI struct {
	path   string
	region string
	env    []string
	out    io.Writer
	dryRun bool
}

// CLIOptions say how the AWS command line is run.
type CLIOptions struct {
	Region string    // empty: the configured one
	Env    []string  // as os.Environ has it
	Path   string    // of the program; empty: "aws", found on the PATH
	Out    io.Writer // gets every command before it runs, and what the commands print
	DryRun bool      // only print what would change something; what only reads is run
}

var errNoCLI = errors.New("the AWS command line, \"aws\", is not on the PATH: install it (https://aws.amazon.com/cli/) and run " +
	"\"aws configure\"")

// FindCLI finds the AWS command line and sees that it has a region and credentials; account is the number of the account that
// they are of.
func FindCLI(ctx context.Context, o CLIOptions) (c *CLI, account string, err error) {
	c = &CLI{path: o.Path, region: o.Region, out: o.Out, dryRun: o.DryRun}
	if c.path == "" {
		if c.path, err = exec.LookPath("aws"); err != nil {
			return nil, "", errNoCLI
		}
	}
	c.env = append(append([]string{}, o.Env...), "AWS_PAGER=") // version 2 would show answers in a pager
	if c.region == "" {
		if c.region, err = c.findRegion(ctx, o.Env); err != nil {
			return nil, "", err
		}
	}
	var identity struct{ Account string }
	if err := c.ask(ctx, &identity, "sts", "get-caller-identity"); err != nil {
		return nil, "", fmt.Errorf("the AWS command line has no credentials that work: run \"aws configure\", or set AWS_PROFILE: %w", err)
	}
	return c, identity.Account, nil
}

// findRegion returns the region that the program would use. Version 1 does not look at AWS_REGION, while the SDKs do.
func (c *CLI) findRegion(ctx context.Context, env []string) (string, error) {
	for _, name := range []string{"AWS_REGION=", "AWS_DEFAULT_REGION="} {
		for _, entry := range env {
			if value, ok := strings.CutPrefix(entry, name); ok && value != "" {
				return value, nil
			}
		}
	}
	cmd := exec.CommandContext(ctx, c.path, "configure", "get", "region")
	cmd.Env = c.env
	out, err := cmd.Output() // it fails when there is none
	if region := strings.TrimSpace(string(out)); err == nil && region != "" {
		return region, nil
	}
	return "", errors.New("no region is configured: give --region, such as eu-north-1, or run \"aws configure\"")
}

// Region returns the region that commands work in.
func (c *CLI) Region() string { return c.region }

// ask runs a command that changes nothing, and decodes its answer unless answer is nil.
func (c *CLI) ask(ctx context.Context, answer any, args ...string) error {
	out, err := c.output(ctx, append(args, "--output", "json"))
	if err != nil || answer == nil {
		return err
	}
	if err := json.Unmarshal(out, answer); err != nil {
		return fmt.Errorf("aws %s %s: its answer is no JSON: %w", args[0], args[1], err)
	}
	return nil
}

func (c *CLI) output(ctx context.Context, args []string) ([]byte, error) {
	cmd := c.command(ctx, args)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, &commandError{args, strings.TrimSpace(stderr.String()), err}
	}
	return stdout.Bytes(), nil
}

// change prints a command and, unless this is a dry run, runs it.
func (c *CLI) change(ctx context.Context, args ...string) error {
	cmd := c.command(ctx, args)
	fmt.Fprintf(c.out, "aws%s\n", quoted(cmd.Args[1:]))
	if c.dryRun {
		return nil
	}
	var stderr bytes.Buffer
	out := &oneByOne{w: c.out} // the command's two outputs are copied at the same time
	cmd.Stdout, cmd.Stderr = out, io.MultiWriter(out, &stderr)
	if err := cmd.Run(); err != nil {
		return &commandError{args, strings.TrimSpace(stderr.String()), err}
	}
	return nil
}

func (c *CLI) command(ctx context.Context, args []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.path, append(args[:len(args):len(args)], "--region", c.region)...)
	cmd.Env = c.env
	return cmd
}

// oneByOne passes one write at a time to a writer.
type oneByOne struct {
	mu sync.Mutex // guards w
	w  io.Writer
}

func (o *oneByOne) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.w.Write(p)
}

// A commandError is a command that failed, with what it said.
type commandError struct {
	args   []string
	stderr string
	err    error
}

func (e *commandError) Error() string {
	return fmt.Sprintf("aws %s %s: %v: %s", e.args[0], e.args[1], e.err, e.stderr)
}

func (e *commandError) Unwrap() error { return e.err }

// said reports whether a command failed with that text in what it said.
func said(err error, text string) bool {
	var failed *commandError
	return errors.As(err, &failed) && strings.Contains(failed.stderr, text)
}

// quoted writes arguments as a POSIX shell takes them, each after a space.
func quoted(args []string) string {
	var b strings.Builder
	for _, a := range args {
		b.WriteByte(' ')
		if a != "" && strings.IndexFunc(a, func(r rune) bool { return !strings.ContainsRune(plain, r) }) < 0 {
			b.WriteString(a)
			continue
		}
		b.WriteString("'" + strings.ReplaceAll(a, "'", `'\''`) + "'")
	}
	return b.String()
}

// plain are the characters that mean nothing to a shell.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=@%+,"
