mod choice;
mod encoded;
mod hostile;
mod laws;
mod layouts;
mod reader;
mod redacting;
mod support;
