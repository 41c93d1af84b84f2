"""Web services described by a WSDL: asked, and their answers decoded exactly."""
