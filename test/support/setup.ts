// Nest is evaluated before any package that requires it as CommonJS: Jest cannot require a module that it is still loading.
import '@nestjs/core';
