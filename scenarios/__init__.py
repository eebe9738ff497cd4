"""What is judged. Each file is a situation in which token refresh goes wrong; each function in it is a rule."""
