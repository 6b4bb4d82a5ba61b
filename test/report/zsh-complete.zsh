# Types a line into a zsh with a completion script loaded, presses TAB, and prints what is offered, one a line.
zmodload zsh/zpty
script=$1 typed=$2
zpty inner zsh -f -i
zpty -w inner 'PS1=; unsetopt zle_bracketed_paste; autoload -Uz compinit; compinit -u -D; source '${(q)script}
# Matches are caught where they are added; the list itself is never drawn.
zpty -w inner 'compadd() {
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)* ]]; then builtin compadd "$@"; return; fi
  local -a found; builtin compadd -A found "$@"
  (( $#found )) && print -rl -- ">"${^found} >> '${(q)HOME}/offered'
  builtin compadd "$@"
}'
zpty -w inner 'zstyle ":completion:*" list-prompt ""; LISTMAX=0; bindkey "^I" complete-word; print READY-$((40+2))'
zpty -r inner out '*READY-42*'
: > $HOME/offered
zpty -n -w inner "$typed"$'\t'
# The next command can only run once the completion is over.
zpty -n -w inner $'\C-a\C-k'
zpty -w inner 'print DONE-$((40+2))'
zpty -r inner out '*DONE-42*'
zpty -d inner
while IFS= read -r line; do print -r -- "${line#>}"; done < $HOME/offered
