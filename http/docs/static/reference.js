"use strict";

// Redoc has one theme, and makes lighter and darker colours of it by itself: it takes no CSS variables.
const dark = matchMedia("(prefers-color-scheme: dark)");
const fonts = 'system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif';
const code = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace';

const colours = dark.matches
  ? {
      primary: { main: "#8ab4ff" },
      success: { main: "#6fd391" },
      warning: { main: "#e8b75c" },
      error: { main: "#ff8f8f" },
      gray: { 50: "#1c222b", 100: "#252d38" },
      border: { dark: "#55606f", light: "#37414e" },
      text: { primary: "#e6e9ee", secondary: "#b3bcc8" },
      responses: {
        success: { color: "#6fd391", backgroundColor: "#16291d", tabTextColor: "#6fd391" },
        error: { color: "#ff8f8f", backgroundColor: "#2e1a1c", tabTextColor: "#ff8f8f" },
        redirect: { color: "#c3cad4", backgroundColor: "#252d38", tabTextColor: "#e8b75c" },
        info: { color: "#8ab4ff", backgroundColor: "#1a2638", tabTextColor: "#8ab4ff" },
      },
    }
  : {
      primary: { main: "#1f4fb0" },
      text: { primary: "#1d232b", secondary: "#515c69" },
      responses: {
        success: { color: "#1a6b34", backgroundColor: "#eef8f1" },
        error: { color: "#a8232c", backgroundColor: "#fdf0f0" },
      },
    };

Redoc.init(
  "/openapi.json",
  {
    expandResponses: "200,201",
    hideSchemaPattern: true,
    jsonSampleExpandLevel: 4,
    maxDisplayedEnumValues: 12,
    nativeScrollbars: true,
    pathInMiddlePanel: true,
    requiredPropsFirst: true,
    theme: {
      breakpoints: { small: "50rem", medium: "75rem", large: "105rem" },
      colors: colours,
      typography: {
        fontFamily: fonts,
        fontSize: "16px",
        headings: { fontFamily: fonts, fontWeight: "600" },
        code: {
          fontFamily: code,
          fontSize: "14px",
          color: dark.matches ? "#f0b8b0" : "#8f2a1d",
          backgroundColor: dark.matches ? "#252d38" : "#f3f5f8",
        },
        links: { color: dark.matches ? "#8ab4ff" : "#1f4fb0" },
      },
      schema: {
        nestedBackground: dark.matches ? "#1c222b" : "#f7f8fa",
        linesColor: dark.matches ? "#55606f" : "#8893a3",
        requireLabelColor: dark.matches ? "#ff8f8f" : "#a8232c",
      },
      sidebar: {
        width: "18rem",
        backgroundColor: dark.matches ? "#151a21" : "#f7f8fa",
        textColor: dark.matches ? "#e6e9ee" : "#1d232b",
      },
      rightPanel: { backgroundColor: dark.matches ? "#10141a" : "#222b36", width: "38%" },
    },
  },
  document.getElementById("reference"),
);

dark.addEventListener("change", () => location.reload());
