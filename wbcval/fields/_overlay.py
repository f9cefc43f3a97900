def overlay(p,b,l): return p
