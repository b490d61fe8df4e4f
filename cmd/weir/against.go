package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/flowweir/weir/contracts/breaking"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/contracts/source"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/contracts/versions"
	"github.com/flowweir/weir/contracts/workspace"
	"github.com/flowweir/weir/reports/finding"
)

// againstFlags say what contracts are compared with, and which.
type againstFlags struct {
	against  string
	strategy *choice
	only     []string // nil for all
	dialect  *choice
}

func (f *againstFlags) bind(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.against, "against", "", "the state before: a directory, registry, or a git revision")
	cmd.Flags().StringSliceVar(&f.only, "only", nil, "a service that is asked about; may be repeated (default all)")
	f.dialect = dialectFlag(cmd)
	f.strategy = choiceFlag(cmd, "subject-strategy", "how subjects are named in the registry, where a schema names none",
		string(breaking.TopicName), string(breaking.RecordName), string(breaking.TopicRecordName))
}

// usage refuses flags that say nothing together.
func (f *againstFlags) usage(cmd *cobra.Command) error {
	if cmd.Flags().Changed("against") && f.against == "" {
		return usageError("weir help "+cmd.Name(), "--against is empty: name a directory, registry or a git revision")
	}
	if cmd.Flags().Changed("subject-strategy") && !f.isRegistry() {
		return usageError("add --against registry", "--subject-strategy names subjects of a registry, and nothing is compared with one")
	}
	return nil
}

// services refuses services that no contract is of.
func (f *againstFlags) services(in *inputs) error {
	var names []string
	for _, c := range in.contracts {
		names = append(names, c.Service.Name)
	}
	for _, name := range f.only {
		if !slices.Contains(names, name) && finding.Errors(in.findings) == 0 {
			return usageError(document.Suggest(name, names), "--only: no contract is of a service %q", name)
		}
	}
	return nil
}

const registryName = "registry"

// isRegistry reports whether the contracts are compared with a registry: where
// there is a directory of that name, it takes a colon.
func (f *againstFlags) isRegistry() bool {
	return f.against == registryName+":" || f.against == registryName && !isDir(f.against)
}

func isDir(name string) bool {
	info, err := fs.Stat(source.Host(), path.Clean(filepath.ToSlash(name)))
	return err == nil && info.IsDir()
}

// compareAgainst compares the contracts with their state before. name is what
// that is called; loader has the schemas of the contracts. now decides which
// retained versions still count.
func (f *againstFlags) compareAgainst(ctx context.Context, in *inputs, loader *versions.Loader, reg versions.Registry, now time.Time) (found []rules.Found, name string, err error) {
	latest := breaking.Side{Name: "the files", Contracts: in.contracts, FS: in.fsys, Loader: loader}
	options := breaking.Options{Dialect: dialectOf(f.dialect), Subject: breaking.Strategy(f.strategy.value), Only: f.only, Now: now}
	if f.isRegistry() {
		if reg == nil {
			return nil, "", usageError("set "+registry.EnvURL+", or registry: in weir.work.yaml", "no schema registry is given")
		}
		found, err = breaking.Registered(latest, options)
		return found, "the registry", err
	}
	if isDir(f.against) {
		dir := path.Clean(filepath.ToSlash(f.against))
		old, unread := breaking.Load(in.fsys, dir, below(in.fsys, dir, in.roots), latest, reg)
		if len(old.Contracts)+len(unread) == 0 {
			return nil, "", usageError("name the directory that has the old contracts", "--against: there is no contract in %s, so nothing can be compared with it", dir)
		}
		return append(unread, breaking.Compare(old, latest, options)...), dir, nil
	}
	revision, err := source.Git(ctx, ".", f.against)
	if err != nil {
		if ctx.Err() != nil {
			return nil, "", err
		}
		return nil, "", usageError("", "--against: there is no directory %s, and %w", f.against, err)
	}
	defer func() { err = errors.Join(err, revision.Close()) }()
	roots, err := relative(in.roots)
	if err != nil {
		return nil, "", err
	}
	old, unread := breaking.Load(revision, f.against, roots, latest, reg)
	return append(unread, breaking.Compare(old, latest, options)...), revision.String(), nil
}

// below are the same paths in a directory with the old contracts; the
// directory itself where it has none of them.
func below(fsys fs.FS, dir string, roots []string) []string {
	var all []string
	for _, root := range roots {
		name := path.Join(dir, root)
		if path.IsAbs(root) || strings.HasPrefix(root, "..") {
			continue
		}
		if _, err := fs.Stat(fsys, name); err == nil {
			all = append(all, name)
		}
	}
	if len(all) == 0 {
		return []string{dir}
	}
	return all
}

// relative are paths as seen from here: git revisions know no others.
func relative(names []string) ([]string, error) {
	var all []string
	for _, name := range names {
		if path.IsAbs(name) || filepath.IsAbs(filepath.FromSlash(name)) {
			here, err := filepath.Abs(".")
			if err != nil {
				return nil, err
			}
			inside, err := filepath.Rel(here, filepath.FromSlash(name))
			if err != nil {
				return nil, fmt.Errorf("%s is not to be reached from here: %w", name, err)
			}
			name = filepath.ToSlash(inside)
		}
		all = append(all, path.Clean(name))
	}
	return all, nil
}

// registryOf is the schema registry of the environment, else of the workspace,
// which may be nil, as one view; nil without one.
func (s *state) registryOf(ctx context.Context, w *workspace.Workspace) (versions.Registry, func(), error) {
	r, err := s.connectRegistry(w)
	if r == nil {
		return nil, func() {}, err
	}
	return versions.FromRegistry(ctx, r), r.Close, nil
}

// registryHere is the registry of the environment, else of the workspace that
// this directory is in; nil without one.
func (s *state) registryHere() (*registry.Registry, error) {
	w, findings := workspace.Find(".")
	if finding.Errors(findings) > 0 && registry.FromEnvironment(s.env).URL == "" {
		return nil, s.unreadable(findings)
	}
	return s.connectRegistry(w)
}

func (s *state) connectRegistry(w *workspace.Workspace) (*registry.Registry, error) {
	config := registry.FromEnvironment(s.env)
	if config.URL == "" && w != nil && w.File.Registry != nil {
		config.URL = w.File.Registry.URL
	}
	if config.URL == "" {
		return nil, nil
	}
	r, err := registry.New(config)
	if err != nil {
		return nil, usageError("", "%w", err)
	}
	return r, nil
}
