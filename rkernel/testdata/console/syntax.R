Code that is not valid R.

#--- width
options(width = 80)
#--- empty statement
2;;
#! a syntax error anywhere in the cell runs nothing of it
#--- syntax error
x y
#--- syntax error in a bracket
f(1, 2))
#--- unexpected string
"a" "b"
#--- unexpected assignment
5 -> 6 <- 7 = 8 )
#--- unexpected else
else 3
#--- bad number
3x
#--- unexpected input
x <- 5 @ 3 $ 7 # fine so far
#--- reserved word
if <- 3
#--- bad escape
"\q"
#--- multi line syntax error
f <- function(x) {
  x + ) 1
}
#! R's console goes on with the rest of the function as if it were code
#--- invalid assignment
5 <- 3
#--- lone brace
}
#--- lone paren
)
#--- a semicolon alone
;
#--- semi semi
1;;2
#! a syntax error anywhere in the cell runs nothing of it
#--- a semicolon first
; 1
#--- comma
1, 2
#--- unmatched bracket
x[1
]]
#--- string after string
"abc" def
#--- two numbers
1 2
#--- error in the middle of a cell
1
2
x y
3
#! a syntax error anywhere in the cell runs nothing of it
#--- else on new line
if (FALSE) 1
else 2
#--- function no body
function(x)
}
#--- dup args
function(x, x) 1
#--- bad assign
NULL <- 1
#--- bad assign string
"a" <- 3; a
#--- bad assign T
TRUE <- 1
#--- assign call nonfun
f(1) <- 3
#--- unknown op
1 %foo% 2
#--- hex
0x
#--- 1e
1e
#--- underscore
_x <- 1
#--- x_
x__ <- 1; x__
#--- dot names
.x <- 1; ..x <- 2; ...x <- 3; .x + ..x + ...x
#--- dots names
..1
#--- @ first
@a
#--- $ first
$a
#--- unicode op
x ≠ 3
#--- emoji name
🎉 <- 3
#--- curly quote
“a”
#--- non-breaking space
x <- 1 
#--- backslash alone
\
#--- lambda broken
\x x
#--- pipe placeholder
mtcars |> subset(cyl == 4) |> nrow()
4 |> sqrt
#! a syntax error anywhere in the cell runs nothing of it
#--- pipe placeholder 2
mtcars |> lm(mpg ~ disp, data = _) |> coef()
#--- pipe bad
1 |> _
#--- unicode escape bad
"\u{110000}"
#--- unicode escape unfinished
"\u{12"
#--- u zero
"\u0000"
#--- nul escape
"a\0b"
#--- x escape empty
"\xg"
#--- raw str bad delim
r"abc"
#--- empty backtick
``
#--- for bad
for (i 1:3) i
#--- for without parentheses
for i in 1:3
#--- while bad
while TRUE
#--- in
in
#--- next
next
#--- break
break
#--- return top
return(5)
#--- reserved assign
function <- 3
#--- else alone brace
} else {
#--- error inside a function
#! R's console goes on with the rest of the function as if it were code
f <- function() {
  a b
}
#--- invalid late in cell
x <- 1
y <- function() {
  1
}
z <- (1 + 2))
cat("not run")
#! a syntax error anywhere in the cell runs nothing of it
#--- missing comma
c(1 2)
#--- bad char
x <- "a" ¬ 3
#--- control char
12
#--- byte order mark
﻿1 + 1
#--- unexpected numeric const in call
f(x 3)
#--- string const
x "a"
#--- signs in a row
-2:2; - - 1; !!TRUE; +-+1
#--- a lot of parens
((((((((((1))))))))))
